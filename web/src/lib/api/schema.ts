// The REST contract as types. Derived from server/openapi.json; `npm run types` rewrites it.
/* eslint-disable */

export interface paths {
    "/api/v1/audit": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Lists the audit log. */
        get: operations["audit.list"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/breakdowns": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Shows a breakdown. */
        get: operations["breakdowns"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/catalogue": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Shows the catalogue. */
        get: operations["catalogue"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/channels": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Lists channels. */
        get: operations["channels.list"];
        put?: never;
        /** Adds a channel. */
        post: operations["channels.create"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/channels/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Shows a channel. */
        get: operations["channels.get"];
        put?: never;
        post?: never;
        /** Removes a channel. */
        delete: operations["channels.remove"];
        options?: never;
        head?: never;
        /** Changes a channel. */
        patch: operations["channels.change"];
        trace?: never;
    };
    "/api/v1/channels/{id}/deliveries": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Lists the deliveries of a channel. */
        get: operations["channels.deliveries"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/channels/{id}/test": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Sends a test message. */
        post: operations["channels.test"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/enrolment-keys": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Lists enrolment keys. */
        get: operations["keys.list"];
        put?: never;
        /** Makes an enrolment key. */
        post: operations["keys.create"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/enrolment-keys/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Revokes an enrolment key. */
        delete: operations["keys.revoke"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Lists events. */
        get: operations["events"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/fleet": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Shows the fleet. */
        get: operations["fleet"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/hosts": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Lists hosts. */
        get: operations["hosts.list"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/hosts/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Shows a host. */
        get: operations["hosts.get"];
        put?: never;
        post?: never;
        /** Retires a host. */
        delete: operations["hosts.retire"];
        options?: never;
        head?: never;
        /** Changes a host. */
        patch: operations["hosts.change"];
        trace?: never;
    };
    "/api/v1/incidents": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Lists incidents. */
        get: operations["incidents.list"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/incidents/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Shows an incident. */
        get: operations["incidents.get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/incidents/{id}/acknowledge": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Takes an incident. */
        post: operations["incidents.acknowledge"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/incidents/{id}/note": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Adds a note. */
        post: operations["incidents.note"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/incidents/{id}/resolve": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Ends an incident. */
        post: operations["incidents.resolve"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/instances/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Shows an instance. */
        get: operations["instances.get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/latest": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Shows the newest sample. */
        get: operations["latest"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/live": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Streams `tick` and `incident` events. */
        get: operations["live"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/members": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Lists members. */
        get: operations["members.list"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/series": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Shows values over time. */
        get: operations["series"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/session": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Tells who is signed in. API tokens have no session. */
        get: operations["session.get"];
        put?: never;
        /** Signs in. */
        post: operations["session.sign_in"];
        /** Signs out. */
        delete: operations["session.sign_out"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/session/refresh": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Rotates. */
        post: operations["session.refresh"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/totals": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Shows exact sums. */
        get: operations["totals"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/triggers": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Lists triggers. */
        get: operations["triggers.list"];
        put?: never;
        /** Adds a trigger. */
        post: operations["triggers.create"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/triggers/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Shows a trigger. */
        get: operations["triggers.get"];
        put?: never;
        post?: never;
        /** Removes a trigger. */
        delete: operations["triggers.remove"];
        options?: never;
        head?: never;
        /** Changes a trigger. */
        patch: operations["triggers.change"];
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /** @description For how long. */
        Acknowledge: {
            /**
             * Format: int64
             * @description Seconds, 60 to 604800; eight hours when not given.
             */
            until_s?: number | null;
        };
        /** @description Who took an incident. */
        Acknowledged: {
            /**
             * Format: date-time
             * @description When.
             */
            at: string;
            /** @description By address; null: a script. */
            by: string | null;
            /**
             * Format: date-time
             * @description How long it holds.
             */
            until: string | null;
        };
        /** @description A host that a key admitted. */
        AdmittedHost: {
            /**
             * Format: date-time
             * @description When its agent first delivered; null: not yet.
             */
            first_batch_at: string | null;
            /** @description `host_…` */
            id: string;
            /** @description Name. */
            name: string;
        };
        /** @description The agent of a host. */
        Agent: {
            /**
             * Format: date-time
             * @description When it was enrolled.
             */
            created_at: string;
            /**
             * Format: date-time
             * @description When it first delivered.
             */
            first_batch_at: string | null;
            /** @description `agent_…` */
            id: string;
            /**
             * Format: date-time
             * @description When it last delivered.
             */
            last_batch_at: string | null;
            /** @description May no longer speak. */
            revoked: boolean;
            /** @description Version. */
            version: string;
        };
        /** @description One thing that was done. */
        AuditEntry: {
            /** @description As `channel.create`. */
            action: string;
            /** @description `user_…`, `token_…`, `agent_…` or `system`. */
            actor: string;
            /**
             * Format: date-time
             * @description When.
             */
            at: string;
            /** @description More. */
            detail: Record<string, never>;
            /** @description To what, by id. */
            object: string;
        };
        /** @description A metric group that cannot be seen. */
        BlindSpot: {
            /**
             * @description The instance; null: the whole host.
             * @default null
             */
            config_directory: string | null;
            /**
             * @description The one line that would fix it.
             * @default
             */
            cure: string;
            /**
             * @description Metric group.
             * @default
             */
            group: string;
            /**
             * @description Why.
             * @default
             */
            why: string;
        };
        /** @description The biggest keys. */
        Breakdown: {
            /** @description Name in the catalogue. */
            dimension: string;
            /** @description What `counts` are. */
            measures: string[];
            /** @description All keys that are not shown. */
            other: number[];
            /** @description Biggest first. */
            rows: components["schemas"]["BreakdownRow"][];
            /** @description All keys. */
            total: number[];
        };
        /** @description One key. */
        BreakdownRow: {
            /** @description In the order of `measures`. */
            counts: number[];
            /** @description Key. */
            key: string;
        };
        /** @description The catalogue. */
        Catalogue: {
            dimensions: components["schemas"]["Dimension"][];
            groups: components["schemas"]["Group"][];
            metrics: components["schemas"]["Metric"][];
        };
        /** @description What is behind an incident, as it was when it opened. */
        Cause: {
            /**
             * @description What changed on the host before.
             * @default []
             */
            changed: components["schemas"]["CauseChange"][];
            /**
             * @description What to do first.
             * @default null
             */
            first_step: string | null;
            /**
             * @description In one sentence.
             * @default
             */
            headline: string;
            /**
             * Format: double
             * @description What the shares are shares of.
             * @default 0
             */
            of: number;
            /**
             * @description Biggest share first.
             * @default []
             */
            rows: components["schemas"]["CauseRow"][];
            /**
             * Format: date-time
             * @description Since when it was counted.
             * @default null
             */
            since: string | null;
        };
        /** @description A change on the host. */
        CauseChange: {
            /**
             * Format: date-time
             * @description When.
             * @default 1970-01-01T00:00:00Z
             */
            at: string;
            /**
             * @description What.
             * @default
             */
            text: string;
        };
        /** @description One share of a cause. */
        CauseRow: {
            /**
             * @description Reply class.
             * @default
             */
            class: string;
            /**
             * Format: double
             * @description Attempts.
             * @default 0
             */
            count: number;
            /**
             * @description Recipient domain.
             * @default
             */
            domain: string;
            /**
             * @description One reply, redacted.
             * @default null
             */
            example: string | null;
            /**
             * Format: double
             * @description 0 to 1.
             * @default 0
             */
            share: number;
        };
        /** @description Where news goes. */
        Channel: {
            /** @description Why the receiver's answer stopped it. */
            disabled_reason: string | null;
            /** @description Whether anything is sent. */
            enabled: boolean;
            /** @description What may be shown of its address. */
            hint: string;
            /** @description `chan_…` */
            id: string;
            /** @description `slack` */
            kind: string;
            last_delivery: components["schemas"]["LastDelivery"] | null;
            /** @description Name. */
            name: string;
            /** @description News below this severity is not sent: `info`, `warning`, `error` or `critical`. */
            severity_min: string;
            /**
             * Format: int32
             * @description For `If-Match`.
             */
            version: number;
        };
        /** @description What to change; what is left out stays. */
        ChannelChange: {
            /** @description On again also after the receiver's answer stopped it. */
            enabled?: boolean | null;
            /** @description 1 to 80 characters. */
            name?: string | null;
            /** @description `info`, `warning`, `error` or `critical`. */
            severity_min?: string | null;
            slack?: components["schemas"]["SlackAddress"] | null;
        };
        /** @description A channel, named. */
        ChannelRef: {
            /** @description `chan_…` */
            id: string;
            /** @description `slack` */
            kind: string;
            /** @description Name. */
            name: string;
        };
        /** @description All channels. */
        Channels: {
            /** @description By name. */
            items: components["schemas"]["Channel"][];
        };
        /** @description Something to be run on the host. */
        Command: {
            /** @description What it does. */
            name: string;
            /** @description What to paste. */
            text: string;
        };
        /** @description The key, once, with how to use it. */
        CreatedEnrolmentKey: components["schemas"]["EnrolmentKey"] & {
            install: components["schemas"]["Install"];
            /** @description The whole key. It is not stored and cannot be shown again. */
            key: string;
        };
        /** @description What went to a channel. */
        Deliveries: {
            /** @description Newest first, at most 100. */
            items: components["schemas"]["Delivery"][];
        };
        /** @description One message to one channel. */
        Delivery: {
            /**
             * Format: int32
             * @description Tries so far.
             */
            attempts: number;
            /** @description Where it goes. */
            channel: components["schemas"]["ChannelRef"];
            /**
             * Format: date-time
             * @description When it was owed first.
             */
            created_at: string;
            /**
             * Format: date-time
             * @description When it was settled.
             */
            finished_at: string | null;
            /** @description `dlv_…` */
            id: string;
            /** @description The incident it tells of; null: a test. */
            incident: string | null;
            /** @description `opened`, `resolved`, `test`, … */
            kind: string;
            /** @description What the last failed try met. */
            last_error: string | null;
            /** @description `ready`, `leased`, `sending`, `delivered`, `collapsed`, `suppressed` or `dead`. */
            status: string;
        };
        /** @description What a breakdown is by. */
        Dimension: {
            /** @description Whether all keys are known beforehand. */
            closed: boolean;
            /**
             * Format: int32
             * @description On the wire.
             */
            id: number;
            /** @description Those keys. */
            keys?: components["schemas"]["Key"][];
            /** @description What is counted for each key. */
            measures: string[];
            /** @description As in `recipient_domain`. */
            name: string;
        };
        /** @description A key that admits agents. */
        EnrolmentKey: {
            /** @description What a person wrote to it. */
            comment: string;
            /**
             * Format: date-time
             * @description When.
             */
            created_at: string;
            /** @description Who made it, by address; null: the command line. */
            created_by: string | null;
            /**
             * Format: date-time
             * @description Until when it admits.
             */
            expires_at: string;
            /** @description Hosts that it admitted. */
            hosts: components["schemas"]["AdmittedHost"][];
            /** @description `ekey_…` */
            id: string;
            /** @description The part of the key that may be shown. */
            key_id: string;
            /**
             * Format: date-time
             * @description When it last admitted.
             */
            last_used_at: string | null;
            /** @description Taken back by a person. */
            revoked: boolean;
            /**
             * Format: int32
             * @description How often it still admits.
             */
            uses_left: number;
        };
        /** @description A thing worth a mark. */
        Event: {
            /**
             * Format: date-time
             * @description When.
             */
            at: string;
            /**
             * Format: int64
             * @description How often in its interval.
             */
            count: number;
            /** @description `inst_…` */
            instance: string;
            /** @description Name in the catalogue, as `daemon.fatal`. */
            kind: string;
            /** @description Daemon, file or parameter. */
            subject: string;
            /** @description In words. */
            text: string;
        };
        /** @description Events, newest first. */
        Events: {
            /** @description At most 500. */
            items: components["schemas"]["Event"][];
        };
        /** @description What a host says of itself. */
        Facts: {
            /**
             * @description Version of the agent.
             * @default
             */
            agent_version: string;
            /**
             * Format: date-time
             * @description When it said so.
             * @default 1970-01-01T00:00:00Z
             */
            at: string;
            /**
             * @description What cannot be seen, and the line that would cure it.
             * @default []
             */
            blind_spots: components["schemas"]["BlindSpot"][];
            /**
             * @description Its Postfix instances.
             * @default []
             */
            instances: components["schemas"]["InstanceFacts"][];
            /**
             * @description Operating system.
             * @default
             */
            os: string;
        };
        /** @description The fleet. */
        Fleet: {
            /**
             * Format: date-time
             * @description Now.
             */
            at: string;
            /**
             * Format: int32
             * @description Sampling interval, seconds.
             */
            interval_s: number;
            /** @description Worst first. */
            rows: components["schemas"]["FleetRow"][];
            totals: components["schemas"]["FleetTotals"];
        };
        /** @description A host in the fleet. */
        FleetHost: {
            /** @description `host_…` */
            id: string;
            /** @description Name. */
            name: string;
            /** @description Tags. */
            tags: string[];
        };
        /** @description An incident in the fleet. */
        FleetIncident: {
            /** @description Somebody took it. */
            acknowledged: boolean;
            /** @description `inc_…` */
            id: string;
            /** @description `info`, `warning`, `error` or `critical`. */
            severity: string;
            /** @description What happens. */
            title: string;
        };
        /** @description One instance, or a host that sent nothing yet. */
        FleetRow: {
            /**
             * Format: double
             * @description Messages in the active queue; null: not visible.
             */
            active: number | null;
            /**
             * Format: double
             * @description Share of attempts that bounced, percent; null: none or not visible.
             */
            bounced_pct: number | null;
            /**
             * Format: double
             * @description Messages in the deferred queue; null: not visible.
             */
            deferred: number | null;
            /**
             * Format: double
             * @description Share of attempts that were deferred, percent; null: none or not visible.
             */
            deferred_pct: number | null;
            /**
             * Format: double
             * @description Messages on hold; null: not visible.
             */
            hold: number | null;
            host: components["schemas"]["FleetHost"];
            /**
             * Format: double
             * @description Messages received a minute; null: not visible.
             */
            in_per_min: number | null;
            incident: components["schemas"]["FleetIncident"] | null;
            /**
             * Format: int64
             * @description Open incidents.
             */
            incidents_open: number;
            /**
             * Format: double
             * @description Messages in the incoming queue; null: not visible.
             */
            incoming: number | null;
            instance: components["schemas"]["InstanceRef"] | null;
            /**
             * Format: date-time
             * @description End of the newest interval.
             */
            last_sample_at: string | null;
            /**
             * Format: double
             * @description Age of the oldest deferred message, seconds; null: not visible.
             */
            oldest_s: number | null;
            /**
             * Format: double
             * @description Deliveries a minute; null: not visible.
             */
            out_per_min: number | null;
            /**
             * Format: double
             * @description Rejects a minute; null: not visible.
             */
            rejected_per_min: number | null;
            /** @description Deferred queue over the range, 30 points. */
            spark_deferred: (number | null)[];
            /** @description Deliveries a minute over the range, 30 points. */
            spark_out: (number | null)[];
            /** @description Worst open incident (`info` to `critical`), else `ok`; `waiting`: nothing came ever; `silent`: nothing comes. */
            state: string;
            /**
             * Format: double
             * @description Share of outgoing TLS sessions, percent; null: none or not visible.
             */
            tls_pct: number | null;
        };
        /** @description Curves of all instances together, 30 points each; null where nobody measured. */
        FleetSpark: {
            /** @description Messages in the active queues. */
            active: (number | null)[];
            /** @description Messages in the deferred queues. */
            deferred: (number | null)[];
            /** @description Messages received a minute. */
            in: (number | null)[];
            /** @description Deliveries a minute. */
            out: (number | null)[];
        };
        /** @description All instances together. */
        FleetTotals: {
            /**
             * Format: double
             * @description Messages in the active queues.
             */
            active: number;
            /**
             * Format: double
             * @description Share of attempts that bounced, percent; null: none.
             */
            bounced_pct: number | null;
            /**
             * Format: double
             * @description Messages in the deferred queues.
             */
            deferred: number;
            /**
             * Format: int64
             * @description Hosts in all.
             */
            hosts: number;
            /**
             * Format: double
             * @description Messages received a minute.
             */
            in_per_min: number;
            /**
             * Format: int64
             * @description Open incidents.
             */
            incidents_open: number;
            /**
             * Format: double
             * @description Deliveries a minute.
             */
            out_per_min: number;
            /**
             * Format: double
             * @description Rejects a minute.
             */
            rejected_per_min: number;
            /**
             * Format: int64
             * @description Hosts that report.
             */
            reporting: number;
            spark: components["schemas"]["FleetSpark"];
            /**
             * Format: double
             * @description Share of outgoing TLS sessions, percent; null: none.
             */
            tls_pct: number | null;
        };
        /** @description A time of which something is not known. */
        Gap: {
            /**
             * Format: date-time
             * @description Beginning.
             */
            from: string;
            /** @description Which group was not visible. */
            group?: string;
            /** @description `inst_…` */
            instance: string;
            /** @description `no_data`, `not_visible`, `log_lost`, `agent_down`, … */
            kind: string;
            /**
             * Format: date-time
             * @description End.
             */
            to: string;
        };
        /** @description What can be seen or not seen together. */
        Group: {
            /**
             * Format: int32
             * @description Bit.
             */
            id: number;
            /** @description Name. */
            name: string;
        };
        /** @description A machine that runs an agent. */
        Host: {
            agent: components["schemas"]["Agent"] | null;
            /**
             * Format: date-time
             * @description When it was enrolled.
             */
            created_at: string;
            facts: components["schemas"]["Facts"] | null;
            /** @description `host_…` */
            id: string;
            /** @description Its Postfix instances. */
            instances: components["schemas"]["HostInstance"][];
            /** @description Name. */
            name: string;
            /** @description `active`, `paused` or `retired`. */
            state: string;
            /** @description Tags. */
            tags: string[];
        };
        /** @description What to change; what is left out stays. */
        HostChange: {
            /** @description 1 to 253 characters. */
            name?: string | null;
            /** @description `active` or `paused`. */
            state?: string | null;
            /** @description All tags the host shall have: at most 32, each of 1 to 40 characters. */
            tags?: string[] | null;
        };
        /** @description An instance, within its host. */
        HostInstance: {
            /** @description Where its main.cf lies. */
            config_directory: string;
            /** @description Container it runs in, or empty. */
            container: string;
            /**
             * Format: date-time
             * @description When it was first seen.
             */
            first_seen_at: string;
            /** @description `inst_…` */
            id: string;
            /** @description Name. */
            name: string;
        };
        /** @description A host, named. */
        HostRef: {
            /** @description `host_…` */
            id: string;
            /** @description Name. */
            name: string;
        };
        /** @description One opening of an alert. */
        Incident: {
            acknowledged: components["schemas"]["Acknowledged"] | null;
            /** @description How it ended. */
            close_reason: string | null;
            /**
             * Format: date-time
             * @description When it ended.
             */
            closed_at: string | null;
            host: components["schemas"]["HostRef"];
            /** @description `inc_…` */
            id: string;
            instance: components["schemas"]["InstanceRef"] | null;
            /**
             * Format: date-time
             * @description When the condition began, by the samples.
             */
            opened_at: string;
            /**
             * Format: double
             * @description Worst value so far.
             */
            peak: number | null;
            /** @description `info`, `warning`, `error` or `critical`. */
            severity: string;
            /** @description The cause in one sentence, or empty. */
            summary: string;
            /**
             * Format: double
             * @description Value at which it fires.
             */
            threshold: number | null;
            /** @description What happens. */
            title: string;
            trigger: components["schemas"]["TriggerRef"];
            /** @description Of these values. */
            unit: string;
            /**
             * Format: double
             * @description Value when it opened.
             */
            value: number | null;
        };
        /** @description An incident with all that belongs to it. */
        IncidentDetail: components["schemas"]["Incident"] & {
            cause: components["schemas"]["Cause"] | null;
            /** @description Who was told, newest first. */
            deliveries: components["schemas"]["Delivery"][];
            /** @description Its timeline, in order. */
            events: components["schemas"]["TimelineEvent"][];
        };
        /** @description How to admit a host. */
        Install: {
            /** @description The certificate itself. */
            ca_pem: string | null;
            /** @description SHA-256 of the private authority's certificate; null with a public certificate. */
            ca_sha256: string | null;
            /** @description To be run on the host, in order. */
            commands: components["schemas"]["Command"][];
            /** @description Where the agent connects. */
            server: string;
        };
        /** @description A Postfix instance. */
        Instance: {
            /** @description Where its main.cf lies. */
            config_directory: string;
            /** @description Container it runs in, or empty. */
            container: string;
            /**
             * Format: date-time
             * @description When it was first seen.
             */
            first_seen_at: string;
            host: components["schemas"]["HostRef"];
            /** @description `inst_…` */
            id: string;
            /**
             * Format: date-time
             * @description End of the newest interval; null: nothing came yet.
             */
            last_sample_at: string | null;
            /** @description Name. */
            name: string;
            /** @description Those that it could not. */
            not_visible: components["schemas"]["NotVisible"][];
            /** @description Metric groups that the newest sample could see. */
            visible: string[];
        };
        /** @description What a host says of one instance. */
        InstanceFacts: {
            /**
             * Format: int64
             * @description `qmgr_message_active_limit`
             * @default 0
             */
            active_limit: number;
            /**
             * @description Where its main.cf lies.
             * @default
             */
            config_directory: string;
            /**
             * @description `myhostname`
             * @default
             */
            my_hostname: string;
            /**
             * @description Name.
             * @default
             */
            name: string;
            /**
             * @description `mail_version`
             * @default
             */
            postfix_version: string;
            /**
             * @description `queue_directory`
             * @default
             */
            queue_directory: string;
            /**
             * @description Whether its master runs.
             * @default false
             */
            running: boolean;
            /**
             * @description Where its log is read.
             * @default []
             */
            sources: string[];
        };
        /** @description An instance, named. */
        InstanceRef: {
            /** @description `inst_…` */
            id: string;
            /** @description Name. */
            name: string;
        };
        /** @description A key of a closed dimension. */
        Key: {
            /**
             * Format: int32
             * @description On the wire.
             */
            id: number;
            /** @description Name. */
            name: string;
        };
        /** @description The last message that was settled. */
        LastDelivery: {
            /**
             * Format: date-time
             * @description When.
             */
            at: string;
            /** @description How. */
            status: string;
        };
        /** @description The newest sample. */
        Latest: {
            /**
             * Format: date-time
             * @description End of its interval; null: nothing came yet.
             */
            at: string | null;
            /**
             * Format: int32
             * @description Length of its interval, seconds.
             */
            span_s: number;
            /** @description By name; null: not visible. Counters: growth in the interval. */
            values: {
                [key: string]: number | null;
            };
            /** @description Groups that could be seen. */
            visible: string[];
        };
        /** @description A person in this tenant. */
        Member: {
            /**
             * Format: date-time
             * @description Since when.
             */
            created_at: string;
            person: components["schemas"]["Person"];
            /** @description `owner`, `admin`, `operator` or `viewer`. */
            role: string;
        };
        /** @description All members. */
        Members: {
            /** @description By address. */
            items: components["schemas"]["Member"][];
        };
        /** @description A figure. */
        Metric: {
            /** @description Visibility group. */
            group: string;
            /**
             * Format: int32
             * @description On the wire.
             */
            id: number;
            /** @description `gauge` or `counter`. */
            kind: string;
            /** @description In words. */
            meaning: string;
            /** @description As in `queue.deferred.messages`. */
            name: string;
            /** @description What it is counted in. */
            unit: string;
        };
        /** @description A channel to be. */
        NewChannel: {
            /** @description `slack` */
            kind: string;
            /** @description 1 to 80 characters. */
            name: string;
            /** @description `info`, `warning`, `error` or `critical`; `info` when not given. */
            severity_min?: string | null;
            slack?: components["schemas"]["SlackAddress"] | null;
        };
        /** @description What the key may do. */
        NewEnrolmentKey: {
            /** @description For whom or what it is; at most 200 characters. */
            comment?: string;
            /**
             * Format: int64
             * @description Seconds until it admits nobody any more, 60 to 7776000; an hour when not given.
             */
            expires_in_s?: number | null;
            /**
             * Format: int32
             * @description How many hosts it admits, 1 to 1000; 1 when not given.
             */
            uses?: number | null;
        };
        /** @description A trigger to be. */
        NewTrigger: {
            /** @description On, when not given. */
            enabled?: boolean | null;
            /** @description 1 to 80 characters. */
            name: string;
            /** @description `info`, `warning`, `error` or `critical`. */
            severity: string;
            /** @description The rule. */
            spec: components["schemas"]["TriggerSpec"];
        };
        /** @description A metric group that cannot be seen, with the line that would cure it. */
        NotVisible: {
            /** @description The one line that would fix it, or empty. */
            cure: string;
            /** @description Metric group. */
            group: string;
            /** @description Why, or empty. */
            why: string;
        };
        /** @description What to note. */
        Note: {
            /** @description 1 to 2000 characters. */
            text: string;
        };
        /** @description A page of a list. */
        Page_AuditEntry: {
            /** @description In order. */
            items: {
                /** @description As `channel.create`. */
                action: string;
                /** @description `user_…`, `token_…`, `agent_…` or `system`. */
                actor: string;
                /**
                 * Format: date-time
                 * @description When.
                 */
                at: string;
                /** @description More. */
                detail: Record<string, never>;
                /** @description To what, by id. */
                object: string;
            }[];
            /** @description For the next page; null: that was all. */
            next: string | null;
        };
        /** @description A page of a list. */
        Page_EnrolmentKey: {
            /** @description In order. */
            items: {
                /** @description What a person wrote to it. */
                comment: string;
                /**
                 * Format: date-time
                 * @description When.
                 */
                created_at: string;
                /** @description Who made it, by address; null: the command line. */
                created_by: string | null;
                /**
                 * Format: date-time
                 * @description Until when it admits.
                 */
                expires_at: string;
                /** @description Hosts that it admitted. */
                hosts: components["schemas"]["AdmittedHost"][];
                /** @description `ekey_…` */
                id: string;
                /** @description The part of the key that may be shown. */
                key_id: string;
                /**
                 * Format: date-time
                 * @description When it last admitted.
                 */
                last_used_at: string | null;
                /** @description Taken back by a person. */
                revoked: boolean;
                /**
                 * Format: int32
                 * @description How often it still admits.
                 */
                uses_left: number;
            }[];
            /** @description For the next page; null: that was all. */
            next: string | null;
        };
        /** @description A page of a list. */
        Page_Host: {
            /** @description In order. */
            items: {
                agent: components["schemas"]["Agent"] | null;
                /**
                 * Format: date-time
                 * @description When it was enrolled.
                 */
                created_at: string;
                facts: components["schemas"]["Facts"] | null;
                /** @description `host_…` */
                id: string;
                /** @description Its Postfix instances. */
                instances: components["schemas"]["HostInstance"][];
                /** @description Name. */
                name: string;
                /** @description `active`, `paused` or `retired`. */
                state: string;
                /** @description Tags. */
                tags: string[];
            }[];
            /** @description For the next page; null: that was all. */
            next: string | null;
        };
        /** @description A page of a list. */
        Page_Incident: {
            /** @description In order. */
            items: {
                acknowledged: components["schemas"]["Acknowledged"] | null;
                /** @description How it ended. */
                close_reason: string | null;
                /**
                 * Format: date-time
                 * @description When it ended.
                 */
                closed_at: string | null;
                host: components["schemas"]["HostRef"];
                /** @description `inc_…` */
                id: string;
                instance: components["schemas"]["InstanceRef"] | null;
                /**
                 * Format: date-time
                 * @description When the condition began, by the samples.
                 */
                opened_at: string;
                /**
                 * Format: double
                 * @description Worst value so far.
                 */
                peak: number | null;
                /** @description `info`, `warning`, `error` or `critical`. */
                severity: string;
                /** @description The cause in one sentence, or empty. */
                summary: string;
                /**
                 * Format: double
                 * @description Value at which it fires.
                 */
                threshold: number | null;
                /** @description What happens. */
                title: string;
                trigger: components["schemas"]["TriggerRef"];
                /** @description Of these values. */
                unit: string;
                /**
                 * Format: double
                 * @description Value when it opened.
                 */
                value: number | null;
            }[];
            /** @description For the next page; null: that was all. */
            next: string | null;
        };
        /** @description A person. */
        Person: {
            /** @description Address. */
            email: string;
            /** @description `user_…` */
            id: string;
            /** @description Name, or empty. */
            name: string;
        };
        /** @description `application/problem+json`. */
        Problem: {
            /** @description What to do. */
            detail: string;
            /** @description Field by field, where fields are to blame. */
            fields?: {
                [key: string]: string;
            };
            /** @description Number of the request, as in the server's log. */
            request_id: string;
            /**
             * Format: int32
             * @description HTTP status.
             */
            status: number;
            /** @description What failed. */
            title: string;
            /** @description Always `about:blank`: the status says the kind. */
            type: string;
        };
        /** @description Why it is over. */
        Resolve: {
            /** @description At most 2000 characters. */
            note?: string | null;
        };
        /** @description One metric of one instance. */
        Series: {
            /** @description `inst_…` */
            instance: string;
            /** @description `gauge` or `counter`. */
            kind: string;
            /** @description Gauges: most. */
            max?: (number | null)[];
            /** @description Name in the catalogue. */
            metric: string;
            /** @description Gauges: least. */
            min?: (number | null)[];
            /** @description What it is counted in. */
            unit: string;
            /** @description Gauges: mean; counters: sum in the bucket, or growth a minute. */
            values: (number | null)[];
        };
        /** @description Values over time. */
        SeriesAnswer: {
            /**
             * Format: date-time
             * @description Beginning of the first bucket.
             */
            from: string;
            gaps: components["schemas"]["Gap"][];
            series: components["schemas"]["Series"][];
            /**
             * Format: int64
             * @description Length of a bucket, seconds.
             */
            step_s: number;
            /** @description Beginnings of the buckets, seconds since 1970. */
            t: number[];
            /** @description `raw`, `hourly` or `daily`. */
            tier: string;
            /**
             * Format: date-time
             * @description End of the last bucket.
             */
            to: string;
        };
        /** @description Who is signed in, where, and as what. */
        Session: {
            /** @description Goes into `X-Mailvane-CSRF` with every change. */
            csrf: string;
            /**
             * Format: date-time
             * @description When it ends whatever happens.
             */
            expires_at: string;
            person: components["schemas"]["Person"];
            /** @description `owner`, `admin`, `operator` or `viewer`. */
            role: string;
            tenant: components["schemas"]["Tenant"];
        };
        /** @description What a person types. */
        SignIn: {
            /** @description Address. */
            email: string;
            /** @description Password. */
            password: string;
        };
        /** @description What a Slack channel needs. */
        SlackAddress: {
            /** @description The incoming webhook that Slack gave: `https://hooks.slack.com/services/…`. */
            webhook_url: string;
        };
        /** @description The tenant of the session. */
        Tenant: {
            /** @description `tenant_…` */
            id: string;
            /**
             * Format: int32
             * @description Sampling interval, seconds.
             */
            interval_s: number;
            /** @description Name. */
            name: string;
        };
        /** @description What the receiver said. */
        TestOutcome: {
            /** @description In words. */
            detail: string;
            /**
             * Format: int64
             * @description How long the receiver took.
             */
            duration_ms: number;
            /**
             * Format: int32
             * @description HTTP status, where one came.
             */
            http_status: number | null;
            /** @description `delivered`, `retry`, `permanent` or `ambiguous`. */
            outcome: string;
        };
        /** @description A mark on a timeline. */
        TimelineEvent: {
            /**
             * Format: date-time
             * @description When.
             */
            at: string;
            /** @description More. */
            body: Record<string, never>;
            /** @description `opened`, `updated`, `acknowledged`, `note`, `resolved` or `closed`. */
            kind: string;
            /**
             * Format: int32
             * @description 1, 2, 3 …
             */
            seq: number;
        };
        /** @description One sum. */
        Total: {
            /** @description `inst_…` */
            instance: string;
            /** @description Name in the catalogue. */
            metric: string;
            /**
             * Format: int64
             * @description Sum.
             */
            total: number;
        };
        /** @description Exact sums. */
        Totals: {
            /**
             * Format: date-time
             * @description Beginning.
             */
            from: string;
            /**
             * Format: date-time
             * @description End.
             */
            to: string;
            totals: components["schemas"]["Total"][];
        };
        /** @description A tenant's rule. */
        Trigger: {
            /** @description Whether it judges anything. */
            enabled: boolean;
            /**
             * Format: int64
             * @description Targets for which it fires now.
             */
            firing: number;
            /** @description `trig_…` */
            id: string;
            /** @description Name. */
            name: string;
            /** @description `info`, `warning`, `error` or `critical`. */
            severity: string;
            /** @description The rule. */
            spec: components["schemas"]["TriggerSpec"];
            /** @description The default it was made from. */
            template: string | null;
            /**
             * Format: int32
             * @description For `If-Match`.
             */
            version: number;
        };
        /** @description What to change; what is left out stays. */
        TriggerChange: {
            /** @description On or off. */
            enabled?: boolean | null;
            /** @description 1 to 80 characters. */
            name?: string | null;
            /** @description `info`, `warning`, `error` or `critical`. */
            severity?: string | null;
            spec?: components["schemas"]["TriggerSpec"] | null;
        };
        /** @description A trigger, named. */
        TriggerRef: {
            /** @description `trig_…`; null: it was deleted. */
            id: string | null;
            /** @description Its name when it fired. */
            name: string;
        };
        /** @description Whose figures. */
        TriggerScope: {
            /** @description One of these hosts. */
            hosts?: string[];
            /** @description One of these instances. */
            instances?: string[];
            /** @description At least one of these tags. */
            tags?: string[];
        };
        /** @description A rule. Read and checked by the domain; this form documents it. */
        TriggerSpec: {
            /**
             * Format: double
             * @description Behind this it is good again.
             */
            clear: number;
            /**
             * Format: int64
             * @description How long it must be good, seconds.
             */
            clear_hold_s: number;
            /**
             * Format: double
             * @description Beyond this it is bad.
             */
            fire: number;
            /**
             * Format: int64
             * @description How long it must be bad, seconds.
             */
            hold_s: number;
            /** @enum {string} */
            kind: "threshold";
            /** @description Name in the catalogue. Counters are judged by growth a minute. */
            metric: string;
            /** @description `>` or `<`. */
            op: string;
            /** @description Whose figures; empty lists mean all. */
            scope: components["schemas"]["TriggerScope"];
        } | {
            /**
             * Format: int64
             * @description For so long, seconds.
             */
            after_s: number;
            /** @enum {string} */
            kind: "silent";
        };
        /** @description All triggers. */
        Triggers: {
            /** @description By name. */
            items: components["schemas"]["Trigger"][];
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    "audit.list": {
        parameters: {
            query?: {
                /** @description Where the last page ended. */
                cursor?: string;
                /** @description 1 to 200; 100 when not given. */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_AuditEntry"];
                };
            };
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    breakdowns: {
        parameters: {
            query: {
                /** @description 1 to 50 `inst_…`, separated by commas. */
                instance: string;
                /** @description Name in the catalogue, as `recipient_domain`. */
                dimension: string;
                /** @description Beginning; an hour before `to` when not given. */
                from?: string;
                /** @description End; now when not given. */
                to?: string;
                /** @description Keys shown, 1 to 100; 10 when not given. */
                limit?: number;
                /** @description Measure by which they are ranked; the first when not given. */
                by?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Breakdown"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    catalogue: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Catalogue"];
                };
            };
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "channels.list": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Channels"];
                };
            };
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "channels.create": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewChannel"];
            };
        };
        responses: {
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Channel"];
                };
            };
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "channels.get": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Channel"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "channels.remove": {
        parameters: {
            query?: never;
            header: {
                /** @description Version that was read */
                "If-Match": string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Removed */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            412: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "channels.change": {
        parameters: {
            query?: never;
            header: {
                /** @description Version that was read */
                "If-Match": string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ChannelChange"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Channel"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            412: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "channels.deliveries": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Deliveries"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "channels.test": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TestOutcome"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "keys.list": {
        parameters: {
            query?: {
                /** @description Where the last page ended. */
                cursor?: string;
                /** @description 1 to 200; 100 when not given. */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_EnrolmentKey"];
                };
            };
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "keys.create": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewEnrolmentKey"];
            };
        };
        responses: {
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CreatedEnrolmentKey"];
                };
            };
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "keys.revoke": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Revoked */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    events: {
        parameters: {
            query: {
                /** @description 1 to 50 `inst_…`, separated by commas. */
                instance: string;
                /** @description Beginning; an hour before `to` when not given. */
                from?: string;
                /** @description End; now when not given. */
                to?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Events"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    fleet: {
        parameters: {
            query?: {
                /** @description Of the small curves, seconds, 300 to 86400; 3600 when not given. */
                range_s?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Fleet"];
                };
            };
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "hosts.list": {
        parameters: {
            query?: {
                /** @description Where the last page ended. */
                cursor?: string;
                /** @description 1 to 200; 100 when not given. */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_Host"];
                };
            };
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "hosts.get": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Host"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "hosts.retire": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Retired; its agent may no longer speak */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "hosts.change": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["HostChange"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Host"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "incidents.list": {
        parameters: {
            query?: {
                /** @description `open`, `closed` or `all`; `all` when not given. */
                state?: string;
                /** @description Where the last page ended. */
                cursor?: string;
                /** @description 1 to 200; 100 when not given. */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_Incident"];
                };
            };
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "incidents.get": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["IncidentDetail"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "incidents.acknowledge": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Acknowledge"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Incident"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "incidents.note": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Note"];
            };
        };
        responses: {
            /** @description Noted */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "incidents.resolve": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Resolve"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Incident"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "instances.get": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Instance"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    latest: {
        parameters: {
            query: {
                /** @description `inst_…` */
                instance: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Latest"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    live: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description event: tick, data {at, hosts}; event: incident, data {id, kind} */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/event-stream": string;
                };
            };
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "members.list": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Members"];
                };
            };
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    series: {
        parameters: {
            query: {
                /** @description 1 to 50 `inst_…`, separated by commas. */
                instance: string;
                /** @description 1 to 30 names of the catalogue, separated by commas. */
                metric: string;
                /** @description Beginning; an hour before `to` when not given. */
                from?: string;
                /** @description End; now when not given. */
                to?: string;
                /** @description Most points of a series, 1 to 1500; 500 when not given. */
                points?: number;
                /** @description `rate` turns counters into growth a minute. */
                shape?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SeriesAnswer"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "session.get": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Session"];
                };
            };
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "session.sign_in": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SignIn"];
            };
        };
        responses: {
            /** @description Signed in; sets cookies */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Session"];
                };
            };
            /** @description Wrong address or password */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many tries */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "session.sign_out": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Signed out; removes cookies */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "session.refresh": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Goes on; sets cookies */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Session"];
                };
            };
            /** @description Over: sign in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    totals: {
        parameters: {
            query: {
                /** @description 1 to 50 `inst_…`, separated by commas. */
                instance: string;
                /** @description 1 to 30 names of counters, separated by commas. */
                metric: string;
                /** @description Intervals that end at this time or later … */
                from: string;
                /** @description … and before this one. */
                to: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Totals"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "triggers.list": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Triggers"];
                };
            };
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "triggers.create": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewTrigger"];
            };
        };
        responses: {
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Trigger"];
                };
            };
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "triggers.get": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Trigger"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "triggers.remove": {
        parameters: {
            query?: never;
            header: {
                /** @description Version that was read */
                "If-Match": string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Removed */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            412: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "triggers.change": {
        parameters: {
            query?: never;
            header: {
                /** @description Version that was read */
                "If-Match": string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["TriggerChange"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Trigger"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            412: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
}
