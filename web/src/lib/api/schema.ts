// The REST contract as types. Derived from server/openapi.json; `npm run types` rewrites it.
/* eslint-disable */

export interface paths {
    "/api/v1/api-tokens": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Lists API tokens. */
        get: operations["tokens.list"];
        put?: never;
        /** Makes an API token. */
        post: operations["tokens.create"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/api-tokens/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Revokes an API token. */
        delete: operations["tokens.revoke"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
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
    "/api/v1/audit.csv": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The audit log as a table. */
        get: operations["audit.csv"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/audit/chain": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Follows the chain of the audit log. */
        get: operations["audit.chain"];
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
    "/api/v1/channels/preview": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Shows a sample message. */
        post: operations["channels.preview"];
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
    "/api/v1/channels/{id}/replay": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Sends dead letters again. */
        post: operations["channels.replay"];
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
    "/api/v1/config": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Exports the configuration. */
        get: operations["config.export"];
        put?: never;
        /** Applies a configuration. A dry run does everything, checks included, and keeps nothing of it. */
        post: operations["config.apply"];
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
    "/api/v1/grants": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Lists grants. */
        get: operations["grants.list"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/grants/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Takes a grant back. */
        delete: operations["grants.revoke"];
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
    "/api/v1/hosts/{id}/adopt": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Lets a host adopt the history of an earlier enrolment; answers with the host that goes on, the earlier one. */
        post: operations["hosts.adopt"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/hosts/{id}/approve": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Approves a host. */
        post: operations["hosts.approve"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
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
    "/api/v1/incidents/{id}/silence": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Silences an incident. */
        post: operations["incidents.silence"];
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
    "/api/v1/invitations": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Lists invitations. */
        get: operations["invitations.list"];
        put?: never;
        /** Invites. */
        post: operations["invitations.create"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/invitations/accept": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Accepts an invitation. */
        post: operations["invitations.accept"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/invitations/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Takes an invitation back. */
        delete: operations["invitations.revoke"];
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
    "/api/v1/maintenance": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Lists maintenance windows. */
        get: operations["maintenance.list"];
        put?: never;
        /** Adds a maintenance window. */
        post: operations["maintenance.create"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/maintenance/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Shows a maintenance window. */
        get: operations["maintenance.get"];
        put?: never;
        post?: never;
        /** Removes a maintenance window; what it held back goes out. */
        delete: operations["maintenance.remove"];
        options?: never;
        head?: never;
        /** Changes a maintenance window; what is left out stays. */
        patch: operations["maintenance.change"];
        trace?: never;
    };
    "/api/v1/matrix": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Shows which domains wait, and for how long. */
        get: operations["matrix"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/me": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Tells who I am. */
        get: operations["me.get"];
        put?: never;
        post?: never;
        /** Deletes one's own account. */
        delete: operations["me.remove"];
        options?: never;
        head?: never;
        /** Changes one's own name, and what one gets by mail. */
        patch: operations["me.change"];
        trace?: never;
    };
    "/api/v1/me/password": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Changes one's own password. */
        post: operations["me.password"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/me/sessions/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Ends a session. */
        delete: operations["me.end_session"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/me/totp": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Begins: a secret that does not count yet. */
        post: operations["me.totp.begin"];
        /** Switches the second factor off. */
        delete: operations["me.totp.off"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/me/totp/confirm": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Confirms with the first code: from now on signing in asks for one. */
        post: operations["me.totp.confirm"];
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
    "/api/v1/members/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Removes a member. Others need the role admin, and no less than the member has; oneself nobody needs to ask. */
        delete: operations["members.remove"];
        options?: never;
        head?: never;
        /** Changes the role of a member. */
        patch: operations["members.change"];
        trace?: never;
    };
    "/api/v1/password/forgot": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Asks for a link to choose a new password. Without a mail server the administrator makes it at the console. */
        post: operations["people.forgot"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/password/reset": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Chooses a new password. */
        post: operations["people.reset"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/reports/weekly": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Reports the last seven whole days. */
        get: operations["weekly_report"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/routes": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Lists routes. */
        get: operations["routes.list"];
        put?: never;
        /** Adds a route. */
        post: operations["routes.create"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/routes/order": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /** Puts routes into an order. */
        put: operations["routes.order"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/routes/preview": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Says where news would go. */
        post: operations["routes.preview"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/routes/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Shows a route. */
        get: operations["routes.get"];
        put?: never;
        post?: never;
        /** Removes a route. */
        delete: operations["routes.remove"];
        options?: never;
        head?: never;
        /** Changes a route; what is left out stays. */
        patch: operations["routes.change"];
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
    "/api/v1/series.csv": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Shows values over time as text: time, instance, metric, value. */
        get: operations["series_csv"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/service": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Tells what this installation offers. */
        get: operations["service"];
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
    "/api/v1/session/tenant": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Switches to another tenant. */
        post: operations["session.switch"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/sign-up": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Asks for a tenant of one's own. */
        post: operations["people.sign_up"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/sign-up/confirm": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Confirms an address and begins. */
        post: operations["people.confirm"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/silences": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Lists silences. */
        get: operations["silences.list"];
        put?: never;
        /** Adds a silence. */
        post: operations["silences.create"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/silences/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Ends a silence. */
        delete: operations["silences.end"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/sso": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Shows the tenant's sign-on. */
        get: operations["sso.get"];
        /** Sets the tenant's sign-on. */
        put: operations["sso.put"];
        post?: never;
        /** Removes the tenant's sign-on. */
        delete: operations["sso.remove"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/sso/callback": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Ends signing on elsewhere. */
        get: operations["sso.callback"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/sso/start": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Begins signing on elsewhere. */
        get: operations["sso.start"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/staff/tenants": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Lists every tenant in numbers. */
        get: operations["staff.tenants"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/tenant": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Shows the tenant. */
        get: operations["tenant.get"];
        put?: never;
        post?: never;
        /** Deletes the tenant with everything in it. */
        delete: operations["tenant.remove"];
        options?: never;
        head?: never;
        /** Changes the tenant. */
        patch: operations["tenant.change"];
        trace?: never;
    };
    "/api/v1/tenant/export": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Exports the tenant's data. */
        get: operations["tenant.export"];
        put?: never;
        post?: never;
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
    "/api/v1/triggers/preview": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Tries a rule on the history. */
        post: operations["triggers.preview"];
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
    "/api/v1/triggers/{id}/reset": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Takes the template's newest version in place of what was changed. */
        post: operations["triggers.reset"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /** @description The token, and who accepts. */
        Accept: {
            /** @description Code of the second factor, where the account has one. */
            code?: string | null;
            /** @description Name of the person, for a new account. */
            name?: string | null;
            /** @description The password of the account that the address has, or of the new one. */
            password?: string | null;
            /** @description `mv_inv_…` */
            token: string;
        };
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
        /** @description Whose past. */
        Adopt: {
            /** @description `host_…`, as in `adoptable`. */
            from: string;
        };
        /** @description The agent of a host. */
        Agent: {
            /**
             * Format: date-time
             * @description When a copy of its state was last refused; null: never.
             */
            cloned_at: string | null;
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
             * @description Since when it has its present key.
             */
            key_since: string;
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
        /** @description A scoped key for scripts. */
        ApiToken: {
            /**
             * Format: date-time
             * @description When.
             */
            created_at: string;
            /** @description Who made it; null: has left, and the token works no more. */
            created_by: string | null;
            /**
             * Format: date-time
             * @description Until when it works.
             */
            expires_at: string;
            /** @description `token_…` */
            id: string;
            /** @description The part of the token that may be shown. */
            key_id: string;
            /**
             * Format: date-time
             * @description When it was last used, to the minute; null: never.
             */
            last_used_at: string | null;
            /** @description From where; empty: never. */
            last_used_ip: string;
            /** @description Name. */
            name: string;
            /** @description Taken back by a person. */
            revoked: boolean;
            /** @description The role that bounds it. */
            role: string;
            /** @description `read`, `write`, `scrape`, `ingest-admin`. */
            scopes: string[];
        };
        /** @description Whether anybody has touched what was written. */
        AuditChain: {
            /** @description The last hash: whoever keeps it elsewhere notices if rows at the end are taken away. */
            head: string;
            /** @description Every row stands on the one before. */
            intact: boolean;
            /**
             * Format: int64
             * @description Rows in the chain.
             */
            rows: number;
        };
        /** @description One thing that was done. */
        AuditEntry: {
            /** @description As `channel.create`. */
            action: string;
            /** @description `user_…`, `token_…`, `agent_…`, `console` or `system`. */
            actor: string;
            /**
             * Format: date-time
             * @description When.
             */
            at: string;
            /** @description More. */
            detail: Record<string, never>;
            /** @description From which address; empty: not by a person. */
            ip: string;
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
            /**
             * Format: int64
             * @description Messages that could not be delivered and may be sent again.
             */
            dead: number;
            /** @description Why the receiver's answer stopped it. */
            disabled_reason: string | null;
            /** @description Whether anything is sent. */
            enabled: boolean;
            /** @description The channel that is told when this one fails. */
            fallback_channel: string | null;
            /** @description What may be shown of its address. */
            hint: string;
            /** @description `chan_…` */
            id: string;
            /** @description `slack`, `slack_bot`, `pagerduty`, `telegram`, `email` or `webhook`. */
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
            email?: components["schemas"]["EmailAddress"] | null;
            /** @description On again also after the receiver's answer stopped it. */
            enabled?: boolean | null;
            /** @description `chan_…` of the channel that is told when this one fails; empty: none. */
            fallback_channel?: string | null;
            /** @description 1 to 80 characters. */
            name?: string | null;
            pagerduty?: components["schemas"]["PagerDutyAddress"] | null;
            /** @description `info`, `warning`, `error` or `critical`. */
            severity_min?: string | null;
            slack?: components["schemas"]["SlackAddress"] | null;
            slack_bot?: components["schemas"]["SlackBotAddress"] | null;
            telegram?: components["schemas"]["TelegramAddress"] | null;
            webhook?: components["schemas"]["WebhookAddress"] | null;
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
        /** @description For which kind. */
        ChannelSample: {
            /** @description `slack`, `slack_bot`, `pagerduty`, `telegram`, `email` or `webhook`. */
            kind: string;
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
        /** @description One thing that differs. */
        ConfigChange: {
            /** @description `create`, `change`, `remove` or `order`. */
            action: string;
            /** @description What of it changes. */
            fields: string[];
            /** @description `channel`, `trigger`, `route` or `silence`. */
            kind: string;
            /** @description Its name; of a silence its comment. */
            name: string;
        };
        /** @description What changed, or would. */
        ConfigChanges: {
            /** @description In the order in which they are made. */
            changes: components["schemas"]["ConfigChange"][];
            /** @description Nothing was changed: it was only asked. */
            dry_run: boolean;
        };
        /** @description A text as `GET /config` gives it. */
        ConfigText: {
            /** @description The text. */
            yaml: string;
        };
        /** @description The token, once. */
        CreatedApiToken: components["schemas"]["ApiToken"] & {
            /** @description The whole token, for `Authorization: Bearer`. It is not stored and cannot be shown again. */
            token: string;
        };
        /** @description A channel that was made. */
        CreatedChannel: components["schemas"]["Channel"] & {
            /** @description The secret of a webhook that was made here: shown this once. */
            secret?: string | null;
        };
        /** @description The key, once, with how to use it. */
        CreatedEnrolmentKey: components["schemas"]["EnrolmentKey"] & {
            install: components["schemas"]["Install"];
            /** @description The whole key. It is not stored and cannot be shown again. */
            key: string;
        };
        /** @description An invitation, with its link where there is no mail. */
        CreatedInvitation: components["schemas"]["Invitation"] & {
            /** @description To be given to the person; shown only here. */
            link?: string | null;
            /** @description A letter went to the address. */
            mailed: boolean;
        };
        /** @description The figure over time. */
        Curve: {
            /** @description `inst_…` */
            instance: string;
            /** @description Seconds since 1970. */
            t: number[];
            /** @description The figure; null where it was not known. */
            values: (number | null)[];
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
        /** @description What an e-mail channel needs. */
        EmailAddress: {
            /** @description 1 to 10 addresses. */
            to: string[];
        };
        /** @description A key that admits agents. */
        EnrolmentKey: {
            /** @description Hosts that it admits wait until a person says yes. */
            approve: boolean;
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
            /** @description From where; empty: never. */
            last_used_ip: string;
            /** @description Networks that it admits from; none: from anywhere. */
            networks: string[];
            /** @description Taken back by a person. */
            revoked: boolean;
            /** @description Tags of every host that it admits. */
            tags: string[];
            /**
             * Format: int32
             * @description How often it admitted when it was new.
             */
            uses: number;
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
        /** @description One time. */
        Fired: {
            /**
             * Format: date-time
             * @description When people would have been told.
             */
            from: string;
            /**
             * Format: double
             * @description The worst figure.
             */
            peak: number;
            /**
             * Format: date-time
             * @description When it would have been over; null: it still would be on.
             */
            to: string | null;
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
        /** @description Whose password. */
        Forgot: {
            /** @description Address. */
            email: string;
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
        /** @description Access for a while. */
        Grant: {
            /**
             * Format: date-time
             * @description Since when.
             */
            created_at: string;
            /** @description Whose. */
            email: string;
            /** @description `grant_…` */
            id: string;
            /** @description Why. */
            reason: string;
            /** @description As what. */
            role: string;
            /**
             * Format: date-time
             * @description Until when.
             */
            until: string;
        };
        /** @description All grants that are not over. */
        Grants: {
            items: components["schemas"]["Grant"][];
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
            /** @description Hosts of the same machine, enrolled before, whose history it may adopt: `host_…`. */
            adoptable: string[];
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
            /** @description `pending` (waits for approval), `active`, `paused` or `retired`. */
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
        /** @description Hours of some days of every week. */
        Hours: {
            /** @description 1 = Monday … 7 = Sunday. */
            days: number[];
            /** @description `22:00` */
            from: string;
            /** @description `06:00`; not after `from`: the next day. */
            to: string;
            /** @description A name of the IANA data base, as `Europe/Berlin`. */
            zone: string;
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
            /** @description SHA-256 of the key that signed the agent's release, in hex; null: this server hands out no agent. */
            release_key_sha256: string | null;
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
        /** @description An invitation that can still be accepted. */
        Invitation: {
            /**
             * Format: date-time
             * @description When.
             */
            created_at: string;
            /** @description To whom. */
            email: string;
            /**
             * Format: date-time
             * @description Until when it can be accepted.
             */
            expires_at: string;
            /** @description `inv_…` */
            id: string;
            /** @description Who invites; null: has left, and the invitation is void. */
            invited_by: string | null;
            /** @description As what. */
            role: string;
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
        /** @description Proof that it is meant. */
        Leave: {
            /** @description The present password. */
            password: string;
        };
        /** @description What the link carries behind `#`. */
        LinkToken: {
            /** @description `mv_lnk_…` */
            token: string;
        };
        /** @description A maintenance window. */
        Maintenance: {
            /** @description Whether it holds now. */
            active: boolean;
            /** @description Whether it holds. */
            enabled: boolean;
            /**
             * Format: date-time
             * @description Once: to.
             */
            ends_at: string | null;
            /** @description `mnt_…` */
            id: string;
            /** @description `once` or `weekly`. */
            kind: string;
            /** @description Which news. */
            match: components["schemas"]["Match"];
            /** @description Name. */
            name: string;
            next: components["schemas"]["Window"] | null;
            /**
             * Format: date-time
             * @description Once: from.
             */
            starts_at: string | null;
            /**
             * Format: int32
             * @description For `If-Match`.
             */
            version: number;
            weekly: components["schemas"]["Week"] | null;
            /** @description A name of the IANA data base. */
            zone: string;
        };
        /** @description A window's parts as they come in. */
        MaintenanceParts: {
            /**
             * @description On, when not given.
             * @default null
             */
            enabled: boolean | null;
            /**
             * Format: date-time
             * @description Once: to.
             * @default null
             */
            ends_at: string | null;
            /**
             * @description `once` or `weekly`.
             * @default null
             */
            kind: string | null;
            /** @default null */
            match: components["schemas"]["Match"] | null;
            /**
             * @description 1 to 80 characters.
             * @default null
             */
            name: string | null;
            /**
             * Format: date-time
             * @description Once: from.
             * @default null
             */
            starts_at: string | null;
            /** @default null */
            weekly: components["schemas"]["Week"] | null;
            /**
             * @description A name of the IANA data base.
             * @default null
             */
            zone: string | null;
        };
        /** @description Which news: all where a list is left out. */
        Match: {
            /**
             * @description `host_…`
             * @default []
             */
            hosts: string[];
            /**
             * @description `inst_…`
             * @default []
             */
            instances: string[];
            /**
             * @description One of these.
             * @default []
             */
            severities: string[];
            /**
             * @description At least this bad.
             * @default null
             */
            severity_min: string | null;
            /**
             * @description Hosts with at least one of these tags.
             * @default []
             */
            tags: string[];
            /** @default null */
            times: components["schemas"]["Hours"] | null;
            /**
             * @description `trig_…`
             * @default []
             */
            triggers: string[];
        };
        /** @description Domains by age. Each count is the largest of its time. */
        Matrix: {
            /** @description Names of the columns, as `lt_5m`. */
            ages: string[];
            /** @description Most recipients first. */
            rows: components["schemas"]["MatrixRow"][];
            sampled: components["schemas"]["Sampled"] | null;
        };
        /** @description One domain. */
        MatrixRow: {
            /** @description Recipients, in the order of `ages`. */
            counts: number[];
            /** @description Domain; `other` are all that were not told apart. */
            key: string;
        };
        /** @description The account. */
        Me: {
            person: components["schemas"]["Person"];
            /** @description Every session that works now. */
            sessions: components["schemas"]["MySession"][];
            /** @description Runs this installation: may see the page of all tenants. */
            staff: boolean;
            /** @description Every tenant one is a member of. */
            tenants: components["schemas"]["MyTenant"][];
            /** @description Signing in asks for a code. */
            totp: boolean;
            /** @description Gets the weekly report of the tenant signed in to, where this server sends mail. */
            weekly_report: boolean;
        };
        /** @description What to change; what is left out stays. */
        MeChange: {
            /** @description At most 120 characters. */
            name?: string | null;
            /** @description Whether the weekly report of this tenant is wanted by mail. */
            weekly_report?: boolean | null;
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
        /** @description The new role. */
        MemberChange: {
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
        /** @description A session. */
        MySession: {
            /**
             * Format: date-time
             * @description When it was opened.
             */
            created_at: string;
            /** @description The one that asks. */
            current: boolean;
            /** @description `sess_…` */
            id: string;
            /** @description From where it was opened. */
            ip: string;
            /**
             * Format: date-time
             * @description When it was last refreshed.
             */
            last_seen_at: string;
            /** @description What the browser says it is. */
            user_agent: string;
        };
        /** @description A tenant one is a member of. */
        MyTenant: {
            /** @description `tenant_…` */
            id: string;
            /** @description Name. */
            name: string;
            /** @description As what. */
            role: string;
        };
        /** @description What the token may do. */
        NewApiToken: {
            /**
             * Format: int64
             * @description Seconds until it works no more, 3600 to 31536000; 90 days when not given.
             */
            expires_in_s?: number | null;
            /** @description 1 to 120 characters. */
            name: string;
            /** @description One or more of `read`, `write`, `scrape`, `ingest-admin`. */
            scopes: string[];
        };
        /** @description A channel to be. */
        NewChannel: {
            email?: components["schemas"]["EmailAddress"] | null;
            /** @description `chan_…` of the channel that is told when this one fails. */
            fallback_channel?: string | null;
            /** @description `slack`, `slack_bot`, `pagerduty`, `telegram`, `email` or `webhook`. */
            kind: string;
            /** @description 1 to 80 characters. */
            name: string;
            pagerduty?: components["schemas"]["PagerDutyAddress"] | null;
            /** @description `info`, `warning`, `error` or `critical`; `info` when not given. */
            severity_min?: string | null;
            slack?: components["schemas"]["SlackAddress"] | null;
            slack_bot?: components["schemas"]["SlackBotAddress"] | null;
            telegram?: components["schemas"]["TelegramAddress"] | null;
            webhook?: components["schemas"]["WebhookAddress"] | null;
        };
        /** @description What the key may do. */
        NewEnrolmentKey: {
            /** @description Hosts that it admits wait until a person says yes. */
            approve?: boolean;
            /** @description For whom or what it is; at most 200 characters. */
            comment?: string;
            /**
             * Format: int64
             * @description Seconds until it admits nobody any more, 60 to 7776000; an hour when not given.
             */
            expires_in_s?: number | null;
            /** @description Networks that it admits from, as `192.0.2.0/24`; at most 32; none: from anywhere. */
            networks?: string[];
            /** @description Tags of every host that it admits: at most 32, each of 1 to 40 characters. */
            tags?: string[];
            /**
             * Format: int32
             * @description How many hosts it admits, 1 to 1000; 1 when not given.
             */
            uses?: number | null;
        };
        /** @description Whom, as what. */
        NewInvitation: {
            /** @description Address. */
            email: string;
            /** @description `owner`, `admin`, `operator` or `viewer`; no more than one's own. */
            role: string;
        };
        /** @description A silence to be. */
        NewSilence: {
            /** @description At most 200 characters. */
            comment?: string;
            /**
             * Format: date-time
             * @description To; within a year.
             */
            ends_at: string;
            /** @description Which news; all, when not given. */
            match?: components["schemas"]["Match"];
            /**
             * Format: date-time
             * @description From; now, when not given.
             */
            starts_at?: string | null;
        };
        /** @description Which provider, and for whom. */
        NewSso: {
            /** @description Our name there. */
            client_id: string;
            /** @description Our secret there. */
            client_secret: string;
            /** @description 1 to 16 domains, as `example.org`. */
            domains: string[];
            /** @description `https://…`, as the provider calls itself. */
            issuer: string;
        };
        /** @description A trigger to be. */
        NewTrigger: {
            /** @description What it is for. */
            description?: string | null;
            /** @description On, when not given. */
            enabled?: boolean | null;
            /** @description 1 to 80 characters. */
            name: string;
            /** @description What to do, one step a line. */
            runbook?: string | null;
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
        /** @description The way on. */
        OnItsWay: {
            /** @description The link itself, where there is no mail server. */
            link?: string | null;
            /** @description A letter with the link went to the address. */
            mailed: boolean;
        };
        /** @description A page of a list. */
        Page_ApiToken: {
            /** @description In order. */
            items: {
                /**
                 * Format: date-time
                 * @description When.
                 */
                created_at: string;
                /** @description Who made it; null: has left, and the token works no more. */
                created_by: string | null;
                /**
                 * Format: date-time
                 * @description Until when it works.
                 */
                expires_at: string;
                /** @description `token_…` */
                id: string;
                /** @description The part of the token that may be shown. */
                key_id: string;
                /**
                 * Format: date-time
                 * @description When it was last used, to the minute; null: never.
                 */
                last_used_at: string | null;
                /** @description From where; empty: never. */
                last_used_ip: string;
                /** @description Name. */
                name: string;
                /** @description Taken back by a person. */
                revoked: boolean;
                /** @description The role that bounds it. */
                role: string;
                /** @description `read`, `write`, `scrape`, `ingest-admin`. */
                scopes: string[];
            }[];
            /** @description For the next page; null: that was all. */
            next: string | null;
        };
        /** @description A page of a list. */
        Page_AuditEntry: {
            /** @description In order. */
            items: {
                /** @description As `channel.create`. */
                action: string;
                /** @description `user_…`, `token_…`, `agent_…`, `console` or `system`. */
                actor: string;
                /**
                 * Format: date-time
                 * @description When.
                 */
                at: string;
                /** @description More. */
                detail: Record<string, never>;
                /** @description From which address; empty: not by a person. */
                ip: string;
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
                /** @description Hosts that it admits wait until a person says yes. */
                approve: boolean;
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
                /** @description From where; empty: never. */
                last_used_ip: string;
                /** @description Networks that it admits from; none: from anywhere. */
                networks: string[];
                /** @description Taken back by a person. */
                revoked: boolean;
                /** @description Tags of every host that it admits. */
                tags: string[];
                /**
                 * Format: int32
                 * @description How often it admitted when it was new.
                 */
                uses: number;
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
                /** @description Hosts of the same machine, enrolled before, whose history it may adopt: `host_…`. */
                adoptable: string[];
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
                /** @description `pending` (waits for approval), `active`, `paused` or `retired`. */
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
        /** @description A page of a list. */
        Page_Invitation: {
            /** @description In order. */
            items: {
                /**
                 * Format: date-time
                 * @description When.
                 */
                created_at: string;
                /** @description To whom. */
                email: string;
                /**
                 * Format: date-time
                 * @description Until when it can be accepted.
                 */
                expires_at: string;
                /** @description `inv_…` */
                id: string;
                /** @description Who invites; null: has left, and the invitation is void. */
                invited_by: string | null;
                /** @description As what. */
                role: string;
            }[];
            /** @description For the next page; null: that was all. */
            next: string | null;
        };
        /** @description A page of a list. */
        Page_TenantNumbers: {
            /** @description In order. */
            items: {
                /**
                 * Format: int64
                 * @description Agents that ever delivered.
                 */
                agents: number;
                /**
                 * Format: int64
                 * @description Those that delivered within five minutes.
                 */
                agents_fresh: number;
                /**
                 * Format: int64
                 * @description Batches committed.
                 */
                batches: number;
                /**
                 * Format: int64
                 * @description Channels.
                 */
                channels: number;
                /**
                 * Format: date-time
                 * @description Since when.
                 */
                created_at: string;
                /**
                 * Format: int64
                 * @description Hosts that are not retired.
                 */
                hosts: number;
                /** @description `tenant_…` */
                id: string;
                /**
                 * Format: int64
                 * @description Open incidents.
                 */
                incidents_open: number;
                /**
                 * Format: date-time
                 * @description When the last one was; null: never.
                 */
                last_batch_at: string | null;
                /** @description Name. */
                name: string;
                /** @description Plan. */
                plan: string;
            }[];
            /** @description For the next page; null: that was all. */
            next: string | null;
        };
        /** @description What a `PagerDuty` channel needs. */
        PagerDutyAddress: {
            /** @description Whether the account is in the European region. */
            eu?: boolean;
            /** @description Integration key of Events API v2, 32 characters. */
            routing_key: string;
        };
        /** @description The old one and the new one. */
        PasswordChange: {
            /** @description 12 to 128 characters. */
            new: string;
            /** @description The present password. */
            old: string;
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
        /** @description What the plan allows. */
        PlanView: {
            /**
             * Format: int64
             * @description Channels.
             */
            channels_max: number;
            /**
             * Format: int64
             * @description Hosts that are not retired.
             */
            hosts_max: number;
            /**
             * Format: int32
             * @description Shortest sampling interval, seconds.
             */
            interval_min_s: number;
            /** @description `own`, `trial`, `free`, `team` or `fleet`. */
            name: string;
            /**
             * Format: int32
             * @description Days for which figures are kept, at most.
             */
            retention_days: number;
            /**
             * Format: date-time
             * @description When the trial ends; null: it is no trial.
             */
            trial_ends_at: string | null;
        };
        /** @description When it would have fired. */
        Preview: {
            /** @description How often in all. */
            firings_total: number;
            /**
             * Format: date-time
             * @description Beginning of the history that was played.
             */
            from: string;
            /**
             * Format: double
             * @description How often in a week.
             */
            per_week: number;
            /** @description Instances that were played; more there may be. */
            played: number;
            /** @description The figure over time, of the three instances where it fired most. */
            series: components["schemas"]["Curve"][];
            /**
             * Format: int64
             * @description How finely, in seconds: the history is played minute by minute, each figure being that of its bucket.
             */
            step_s: number;
            /** @description Instances for which it would have fired. */
            targets: components["schemas"]["Target"][];
            /** @description The same in words. */
            tier: string;
            /**
             * Format: date-time
             * @description Its end.
             */
            to: string;
            /** @description What its figure counts. */
            unit: string;
        };
        /** @description A rule to be tried. */
        PreviewRequest: {
            /**
             * Format: int64
             * @description Days that are looked back, 1 to 30.
             */
            days: number;
            /** @description `info`, `warning`, `error` or `critical`. */
            severity: string;
            /** @description The rule. */
            spec: components["schemas"]["TriggerSpec"];
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
            /** @description `about:blank` where the status says the kind; else the name of the kind. */
            type: string;
        };
        /** @description Codes for the day the authenticator is lost. */
        RecoveryCodes: {
            /** @description Each works once. They are shown here and never again. */
            recovery_codes: string[];
        };
        /** @description Which of them. */
        Replay: {
            /**
             * Format: date-time
             * @description Only those owed since then.
             */
            since?: string | null;
        };
        /** @description What was done. */
        Replayed: {
            /**
             * Format: int64
             * @description How many go out again; at most a thousand at once.
             */
            replayed: number;
        };
        /** @description The token and the new password. */
        Reset: {
            /** @description 12 to 128 characters. */
            password: string;
            /** @description `mv_lnk_…` */
            token: string;
        };
        /** @description Why it is over. */
        Resolve: {
            /** @description At most 2000 characters. */
            note?: string | null;
        };
        /** @description How long to keep figures; what is left out stays. */
        RetentionChange: {
            /**
             * Format: int32
             * @description By the day, 365 to 3650 days, in years of 365.
             */
            daily_days?: number | null;
            /**
             * Format: int32
             * @description By the hour, 30 to 1200 days, in months of 30.
             */
            hourly_days?: number | null;
            /**
             * Format: int32
             * @description As they came, 1 to 90 days.
             */
            raw_days?: number | null;
        };
        /** @description How long figures are kept. */
        RetentionView: {
            /**
             * Format: int32
             * @description By the day, days.
             */
            daily_days: number;
            /**
             * Format: int32
             * @description By the hour, days.
             */
            hourly_days: number;
            /**
             * Format: int32
             * @description As they came, days.
             */
            raw_days: number;
        };
        /** @description A role. */
        RoleView: {
            /** @description What it may do. */
            may: string[];
            /** @description The word. */
            name: string;
        };
        /** @description Which news goes where. */
        Route: {
            /** @description Whether the routes behind it are looked at, too. */
            continue: boolean;
            /** @description Whether it is looked at. */
            enabled: boolean;
            /** @description `none`, `host`, `trigger` or `tenant`. */
            group_by: string;
            /** @description `route_…` */
            id: string;
            /** @description Which news. */
            match: components["schemas"]["Match"];
            /** @description Name. */
            name: string;
            /**
             * Format: int32
             * @description Place in the order, from 1.
             */
            position: number;
            /**
             * Format: int32
             * @description Seconds between repeats; null: told once.
             */
            repeat_s: number | null;
            /** @description Whom to tell. */
            steps: components["schemas"]["Step"][];
            /**
             * Format: int32
             * @description For `If-Match`.
             */
            version: number;
        };
        /** @description The order. */
        RouteOrder: {
            /** @description `route_…`, the first to be looked at first; those left out follow. */
            ids: string[];
        };
        /** @description A route's parts as they come in. */
        RouteParts: {
            /**
             * @description Off, when not given.
             * @default null
             */
            continue: boolean | null;
            /**
             * @description On, when not given.
             * @default null
             */
            enabled: boolean | null;
            /**
             * @description `none` when not given.
             * @default null
             */
            group_by: string | null;
            /** @default null */
            match: components["schemas"]["Match"] | null;
            /**
             * @description 1 to 80 characters.
             * @default null
             */
            name: string | null;
            /**
             * Format: int32
             * @description 60 to 604800 seconds; 0: told once.
             * @default null
             */
            repeat_s: number | null;
            /**
             * @description 1 to 10.
             * @default null
             */
            steps: components["schemas"]["Step"][] | null;
        };
        /** @description A route, named. */
        RouteRef: {
            /** @description `route_…`; empty where there is no route at all. */
            id: string;
            /** @description Name. */
            name: string;
        };
        /** @description All routes. */
        Routes: {
            /** @description In their order. */
            items: components["schemas"]["Route"][];
        };
        /** @description A message as it would be sent. */
        Sample: {
            /** @description HTML, for e-mail. */
            html: string | null;
            /** @description What Slack, `PagerDuty` and programs are sent. */
            json: Record<string, never> | null;
            /** @description Plain text, or the HTML subset that Telegram takes. */
            text: string | null;
        };
        /** @description How much of the queue was listed, in the newest interval. */
        Sampled: {
            /**
             * Format: int64
             * @description Messages that there were.
             */
            of: number;
            /**
             * Format: int64
             * @description Messages that were listed.
             */
            read: number;
        };
        /** @description A scope. */
        ScopeView: {
            /** @description The least role of whoever makes a token of it. */
            least_role: string;
            /** @description The word. */
            name: string;
        };
        /** @description One metric of one instance, or one key of an expression. */
        Series: {
            /** @description What was asked, unless it was the metric itself. */
            expr?: string;
            /** @description `inst_…`; null: all instances together. */
            instance: string | null;
            /** @description Which key of a breakdown; `other` are all that are not shown. */
            key?: string;
            /** @description `gauge` or `counter`. */
            kind: string;
            /** @description Gauges of one instance: most. */
            max?: (number | null)[];
            /** @description Name in the catalogue; of a ratio its part, of a breakdown `DIMENSION.MEASURE`. */
            metric: string;
            /** @description Gauges of one instance: least. */
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
            /** @description Where the values come from: `raw`, `hourly` or `daily`. */
            tier: string;
            /**
             * Format: date-time
             * @description End of the last bucket.
             */
            to: string;
        };
        /** @description What this installation offers. */
        Service: {
            /** @description Links go out by mail; else whoever makes them is shown them. */
            mail: boolean;
            /** @description Roles, weakest first, and what each may do. */
            roles: components["schemas"]["RoleView"][];
            /** @description Scopes of API tokens. */
            scopes: components["schemas"]["ScopeView"][];
            /** @description Strangers may make an account of their own. */
            sign_up: boolean;
            /** @description Version of the server. */
            version: string;
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
            /** @description Code of the second factor, or a recovery code; asked for by a 401 of the type `/problems/totp-required`. */
            code?: string | null;
            /** @description Address. */
            email: string;
            /** @description Password. */
            password: string;
        };
        /** @description What a person types. */
        SignUp: {
            /** @description Address. */
            email: string;
            /** @description Name of the person; may be empty. */
            name?: string;
            /** @description 12 to 128 characters. */
            password: string;
            /** @description Name of the organisation. */
            tenant: string;
        };
        /** @description A silence. */
        Silence: {
            /** @description Why. */
            comment: string;
            /** @description By whom, by address; null: a script, or a click in a chat. */
            created_by: string | null;
            /**
             * Format: date-time
             * @description To.
             */
            ends_at: string;
            /** @description `sil_…` */
            id: string;
            /** @description Only this incident. */
            incident: string | null;
            /** @description Which news. */
            match: components["schemas"]["Match"];
            /**
             * Format: date-time
             * @description From.
             */
            starts_at: string;
            /** @description `pending`, `active` or `ended`. */
            state: string;
        };
        /** @description For how long. */
        SilenceIncident: {
            /** @description At most 200 characters. */
            comment?: string | null;
            /**
             * Format: int64
             * @description Seconds, 60 to 2592000; an hour when not given.
             */
            for_s?: number | null;
        };
        /** @description A silence or a maintenance window. */
        Silenced: {
            /** @description `sil_…` or `mnt_…` */
            id: string;
            /** @description `silence` or `maintenance` */
            kind: string;
            /** @description Comment or name. */
            name: string;
            /**
             * Format: date-time
             * @description Until when.
             */
            until: string;
        };
        /** @description Silences. */
        Silences: {
            /** @description Those that end last first. */
            items: components["schemas"]["Silence"][];
        };
        /** @description What a Slack channel needs. */
        SlackAddress: {
            /** @description The incoming webhook that Slack gave: `https://hooks.slack.com/services/…`. */
            webhook_url: string;
        };
        /** @description What a channel of a Slack bot needs. */
        SlackBotAddress: {
            /** @description `xoxb-…` */
            bot_token: string;
            /** @description `C…`, or `#name`. */
            channel: string;
            /** @description Signing secret of the app: proves that a click comes from Slack. */
            signing_secret: string;
        };
        /** @description What a tenant has set. The secret never comes back. */
        Sso: {
            /** @description Our name there. */
            client_id: string;
            /** @description Addresses of these domains sign on there. */
            domains: string[];
            /** @description The provider. */
            issuer: string;
            /** @description To be allowed at the provider. */
            redirect_uri: string;
        };
        /** @description Whom to tell after how long without an answer. */
        Step: {
            /**
             * Format: int32
             * @description Seconds since it began; the first step's is 0.
             */
            after_s: number;
            /** @description `chan_…` */
            channels: string[];
        };
        /** @description Which one. */
        Switch: {
            /** @description `tenant_…` */
            tenant: string;
        };
        /** @description A route that news takes. */
        Taken: {
            route: components["schemas"]["RouteRef"];
            /** @description Whom it tells. */
            steps: components["schemas"]["Step"][];
        };
        /** @description One instance. */
        Target: {
            /** @description When. */
            firings: components["schemas"]["Fired"][];
            /** @description `inst_…` */
            instance: string;
        };
        /** @description What a Telegram channel needs. */
        TelegramAddress: {
            /** @description What @`BotFather` gave. */
            bot_token: string;
            /** @description A chat's number, or a channel's `@name`. */
            chat_id: string;
            /**
             * Format: int64
             * @description Topic of a forum.
             */
            thread_id?: number | null;
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
        /** @description What to change; what is left out stays. */
        TenantChange: {
            /**
             * Format: int32
             * @description Sampling interval: whole seconds that divide a minute, no shorter than the plan allows.
             */
            interval_s?: number | null;
            /** @description 1 to 120 characters. */
            name?: string | null;
            retention?: components["schemas"]["RetentionChange"] | null;
            /** @description IANA name, as `Europe/Vienna`. */
            zone?: string | null;
        };
        /** @description The tenant with its settings and what is taken of its plan. */
        TenantDetail: {
            /** Format: date-time */
            created_at: string;
            /** @description `tenant_…` */
            id: string;
            /**
             * Format: int32
             * @description Sampling interval, seconds.
             */
            interval_s: number;
            /** @description Name. */
            name: string;
            plan: components["schemas"]["PlanView"];
            retention: components["schemas"]["RetentionView"];
            usage: components["schemas"]["UsageView"];
            /** @description Time zone of reports and pages, IANA. */
            zone: string;
        };
        /** @description Proof that it is meant. */
        TenantEnd: {
            /** @description The tenant's name, letter by letter. */
            name: string;
        };
        /** @description A tenant in numbers. */
        TenantNumbers: {
            /**
             * Format: int64
             * @description Agents that ever delivered.
             */
            agents: number;
            /**
             * Format: int64
             * @description Those that delivered within five minutes.
             */
            agents_fresh: number;
            /**
             * Format: int64
             * @description Batches committed.
             */
            batches: number;
            /**
             * Format: int64
             * @description Channels.
             */
            channels: number;
            /**
             * Format: date-time
             * @description Since when.
             */
            created_at: string;
            /**
             * Format: int64
             * @description Hosts that are not retired.
             */
            hosts: number;
            /** @description `tenant_…` */
            id: string;
            /**
             * Format: int64
             * @description Open incidents.
             */
            incidents_open: number;
            /**
             * Format: date-time
             * @description When the last one was; null: never.
             */
            last_batch_at: string | null;
            /** @description Name. */
            name: string;
            /** @description Plan. */
            plan: string;
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
        /** @description A code. */
        TotpCode: {
            /** @description Six digits. */
            code: string;
        };
        /** @description What goes into an authenticator. */
        TotpDraft: {
            /** @description The picture, SVG. */
            qr_svg: string;
            /** @description To be typed where nothing can be scanned. */
            secret: string;
            /** @description What the picture says. */
            uri: string;
        };
        /** @description Proof that it is meant. */
        TotpOff: {
            /** @description Six digits, or a recovery code. */
            code: string;
            /** @description The present password. */
            password: string;
        };
        /** @description A tenant's rule. */
        Trigger: {
            /** @description What it looks at and why. */
            description: string;
            /** @description Whether it judges anything. */
            enabled: boolean;
            /**
             * Format: int64
             * @description Targets for which it fires now.
             */
            firing: number;
            /** @description `trig_…` */
            id: string;
            /** @description The kind of its rule. */
            kind: string;
            /** @description Name. */
            name: string;
            /** @description What to do, one step a line; the first is in every message. */
            runbook: string;
            /** @description `info`, `warning`, `error` or `critical`. */
            severity: string;
            /** @description The rule. */
            spec: components["schemas"]["TriggerSpec"];
            /** @description The default it was made from. */
            template: string | null;
            /** @description The template has improved since, and this trigger was changed: `reset` takes the improvement. */
            template_newer: boolean;
            /**
             * Format: int32
             * @description The version of the template that it is.
             */
            template_version: number | null;
            /** @description The word for what its figure counts. */
            unit: string;
            /**
             * Format: int32
             * @description For `If-Match`.
             */
            version: number;
        };
        /** @description What to change; what is left out stays. */
        TriggerChange: {
            /** @description What it is for; empty: the template's words. */
            description?: string | null;
            /** @description On or off. */
            enabled?: boolean | null;
            /** @description 1 to 80 characters. */
            name?: string | null;
            /** @description What to do, one step a line; empty: the template's words. */
            runbook?: string | null;
            /** @description `info`, `warning`, `error` or `critical`. */
            severity?: string | null;
            spec?: components["schemas"]["TriggerSpec"] | null;
        };
        /** @description A further condition of a rule. */
        TriggerCondition: {
            /** @description As of a rule, but no event, key or silence. */
            kind: string;
            /**
             * Format: double
             * @description The level.
             */
            level: number;
            /** @description As of a rule. */
            metric?: string;
            /**
             * Format: double
             * @description As of a rule.
             */
            min?: number;
            /**
             * Format: double
             * @description As of a rule.
             */
            min_volume?: number;
            /** @description `>` or `<`. */
            op?: string;
            /** @description As of a rule. */
            over?: string[];
            /** @description As of a rule. */
            under?: string[];
            /** @description Taken for true while its figure is not known. */
            unknown_is_true?: boolean;
            /**
             * Format: int64
             * @description As of a rule.
             */
            window_s?: number;
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
            /** @description One of these services, for figures that are counted by service. */
            services?: string[];
            /** @description At least one of these tags. */
            tags?: string[];
        };
        /** @description A rule. Read and checked by the domain; this form documents it. What a kind does not need is left out. */
        TriggerSpec: {
            /**
             * Format: int64
             * @description silent: seconds without a word.
             */
            after_s?: number;
            /** @description What must be true besides for it to be bad. */
            and?: components["schemas"]["TriggerCondition"][];
            /** @description Worse severities by level. */
            bands?: {
                [key: string]: number;
            };
            /** @description Worse severities by multiples of the usual figure. */
            baseline_bands?: {
                [key: string]: number;
            };
            /**
             * Format: int32
             * @description Alerts of one instance at most; more are told as one.
             */
            cap?: number | null;
            /**
             * Format: double
             * @description Behind this it is good again; the same as `fire` where it is left out.
             */
            clear?: number | null;
            /**
             * Format: int64
             * @description How long it must be good, seconds.
             */
            clear_hold_s?: number;
            /**
             * Format: double
             * @description `per_key`, grouped: from this on a key counts.
             */
            each?: number;
            /** @description event: names of event kinds. */
            events?: string[];
            /** @description event: one alert for each different event. */
            fingerprint?: boolean;
            /**
             * Format: double
             * @description Beyond this it is bad.
             */
            fire?: number | null;
            /** @description `per_key`: one alert whose figure is how many keys count. */
            grouped?: boolean;
            /**
             * Format: int64
             * @description How long it must be bad, seconds.
             */
            hold_s?: number;
            /**
             * Format: int64
             * @description How long it lasts at least, seconds.
             */
            keep_firing_s?: number;
            /** @description `threshold`, `count`, `ratio`, `rate`, `growth`, `absence`, `baseline`, `event`, `per_key` or `silent`. */
            kind: string;
            /** @description A metric, or `dimension.measure[key,start*]`; several are added up with `+`. */
            metric?: string;
            /**
             * Format: double
             * @description baseline: the usual figure must be at least this.
             */
            min?: number;
            /**
             * Format: double
             * @description A ratio of less than this below the line says nothing.
             */
            min_volume?: number;
            /** @description silent: only hosts that never sent anything. */
            never?: boolean;
            /** @description What no figure means: `keep`, `ok` or `fire`. */
            no_data?: string;
            /**
             * Format: int64
             * @description After how many seconds without one.
             */
            no_data_s?: number;
            /** @description `>` or `<`. */
            op?: string;
            /** @description Above the line of a ratio. */
            over?: string[];
            /** @description `per_key`: `dimension.measure`. */
            per_key?: string;
            /** @description Whose figures; empty lists mean all. */
            scope?: components["schemas"]["TriggerScope"];
            /** @description Below the line of a ratio. */
            under?: string[];
            /**
             * Format: int64
             * @description Seconds that are looked at, 3,600 at most; 0: the last interval.
             */
            window_s?: number;
            /** @description `per_key`: another measure of the dimension that must be zero. */
            zero?: string;
        };
        /** @description All triggers. */
        Triggers: {
            /** @description By name. */
            items: components["schemas"]["Trigger"][];
        };
        /** @description What is taken of the plan. */
        UsageView: {
            /**
             * Format: int64
             * @description Channels.
             */
            channels: number;
            /**
             * Format: int64
             * @description Hosts that are not retired.
             */
            hosts: number;
        };
        /** @description What a webhook channel needs. */
        WebhookAddress: {
            /** @description `whsec_…` of before: signs as well, until the address is given without it. */
            former_secret?: string | null;
            /** @description `whsec_…`; one is made and shown once when left out. */
            secret?: string | null;
            /** @description Where events are posted to. */
            url: string;
        };
        /** @description Hours of some days of every week, in the window's zone. */
        Week: {
            /** @description 1 = Monday … 7 = Sunday. */
            days: number[];
            /** @description `22:00` */
            from: string;
            /** @description `06:00`; not after `from`: the next day. */
            to: string;
        };
        /** @description Something that was changed. */
        WeeklyChange: {
            /**
             * Format: date-time
             * @description When.
             */
            at: string;
            /** @description `inst_…` */
            instance: string;
            /** @description Kind of event in the catalogue. */
            kind: string;
            /** @description File, parameter or port. */
            subject: string;
            /** @description In words. */
            text: string;
        };
        /** @description A domain. */
        WeeklyDomain: {
            /**
             * Format: int64
             * @description Recipients that were refused for good.
             */
            bounced: number;
            /**
             * Format: int64
             * @description Tries that were put off.
             */
            deferred: number;
            /** @description Its name. */
            domain: string;
            /**
             * Format: int64
             * @description Recipients delivered to.
             */
            sent: number;
        };
        /** @description Incidents that began in the week. */
        WeeklyIncidents: {
            /** @description The same by severity. */
            by_severity: {
                [key: string]: number;
            };
            /**
             * Format: int64
             * @description How long those that ended were open on average, seconds; null: none ended.
             */
            mean_open_s: number | null;
            /**
             * Format: int64
             * @description Of these, still open.
             */
            open: number;
            /**
             * Format: int64
             * @description How many.
             */
            opened: number;
        };
        /** @description A week. */
        WeeklyReport: {
            /** @description What was changed on hosts, newest first, at most 50. */
            changed: components["schemas"]["WeeklyChange"][];
            /**
             * Format: double
             * @description Share of all tries to deliver that succeeded, percent; null: there were none.
             */
            delivered_pct: number | null;
            /**
             * Format: double
             * @description The same of the week before.
             */
            delivered_pct_before: number | null;
            /**
             * Format: date-time
             * @description Beginning: a midnight, UTC.
             */
            from: string;
            incidents: components["schemas"]["WeeklyIncidents"];
            /**
             * Format: date-time
             * @description End: seven days later.
             */
            to: string;
            volume: components["schemas"]["WeeklyVolume"];
            /** @description The week before. */
            volume_before: components["schemas"]["WeeklyVolume"];
            /** @description Domains with the most deferred and bounced recipients, at most ten. */
            worst_domains: components["schemas"]["WeeklyDomain"][];
        };
        /** @description How much mail there was. */
        WeeklyVolume: {
            /**
             * Format: int64
             * @description Recipients that were refused for good.
             */
            bounced: number;
            /**
             * Format: int64
             * @description Tries that were put off.
             */
            deferred: number;
            /**
             * Format: int64
             * @description Messages received.
             */
            received: number;
            /**
             * Format: int64
             * @description Clients, senders and recipients that were rejected.
             */
            rejected: number;
            /**
             * Format: int64
             * @description Recipients delivered to.
             */
            sent: number;
        };
        /** @description Where it would go. */
        Where: {
            /** @description In a sentence. */
            explanation: string;
            /** @description The routes that it takes, in their order. */
            matches: components["schemas"]["Taken"][];
            /** @description What would hold it back. */
            silenced_by: components["schemas"]["Silenced"][];
        };
        /** @description News to be. */
        WhereTo: {
            /**
             * Format: date-time
             * @description When; now, when not given.
             */
            at?: string | null;
            /** @description `host_…` */
            host?: string | null;
            /** @description `inst_…` */
            instance?: string | null;
            /** @description `info`, `warning`, `error` or `critical`. */
            severity: string;
            /** @description `trig_…` */
            trigger?: string | null;
        };
        /** @description From and to. */
        Window: {
            /**
             * Format: date-time
             * @description From.
             */
            from: string;
            /**
             * Format: date-time
             * @description To.
             */
            to: string;
        };
        /** @description All maintenance windows. */
        Windows: {
            /** @description By name. */
            items: components["schemas"]["Maintenance"][];
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
    "tokens.list": {
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
                    "application/json": components["schemas"]["Page_ApiToken"];
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
    "tokens.create": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewApiToken"];
            };
        };
        responses: {
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CreatedApiToken"];
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
            /** @description Too many */
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
    "tokens.revoke": {
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
    "audit.list": {
        parameters: {
            query?: {
                /** @description By whom: `user_…`, `token_…`, `agent_…`, `system`, `console`, or a person's address. */
                actor?: string;
                /** @description What, as `channel.create`, or `channel` for all of it. */
                action?: string;
                /** @description Since when. */
                from?: string;
                /** @description Before when. */
                to?: string;
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
    "audit.csv": {
        parameters: {
            query?: {
                /** @description By whom: `user_…`, `token_…`, `agent_…`, `system`, `console`, or a person's address. */
                actor?: string;
                /** @description What, as `channel.create`, or `channel` for all of it. */
                action?: string;
                /** @description Since when. */
                from?: string;
                /** @description Before when. */
                to?: string;
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
            /** @description time,actor,action,object,address,detail; newest first, at most 50000 rows */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/csv": string;
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
    "audit.chain": {
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
                    "application/json": components["schemas"]["AuditChain"];
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
                /** @description 1 to 200 `inst_…`, separated by commas. */
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
                    "application/json": components["schemas"]["CreatedChannel"];
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
    "channels.preview": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ChannelSample"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Sample"];
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
            query?: {
                /** @description Only of this status */
                status?: string;
            };
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
    "channels.replay": {
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
                "application/json": components["schemas"]["Replay"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Replayed"];
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
    "config.export": {
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
                    "application/yaml": string;
                };
            };
        };
    };
    "config.apply": {
        parameters: {
            query?: {
                /** @description Only says what would change; nothing does. */
                dry_run?: boolean;
                /** @description Removes what the text does not name, of the parts that it has. */
                prune?: boolean;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ConfigText"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ConfigChanges"];
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
                /** @description 1 to 200 `inst_…`, separated by commas. */
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
    "grants.list": {
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
                    "application/json": components["schemas"]["Grants"];
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
    "grants.revoke": {
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
            /** @description Over */
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
    "hosts.adopt": {
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
                "application/json": components["schemas"]["Adopt"];
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
            /** @description Not the same machine */
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
    "hosts.approve": {
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
            /** @description Retired */
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
    "incidents.silence": {
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
                "application/json": components["schemas"]["SilenceIncident"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Silence"];
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
    "invitations.list": {
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
                    "application/json": components["schemas"]["Page_Invitation"];
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
    "invitations.create": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewInvitation"];
            };
        };
        responses: {
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CreatedInvitation"];
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
            /** @description A member already */
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
    "invitations.accept": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Accept"];
            };
        };
        responses: {
            /** @description A member now; sets cookies */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Session"];
                };
            };
            /** @description The address has an account: its password is needed */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description The link works no more */
            410: {
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
    "invitations.revoke": {
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
            /** @description Taken back */
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
    "maintenance.list": {
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
                    "application/json": components["schemas"]["Windows"];
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
    "maintenance.create": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["MaintenanceParts"];
            };
        };
        responses: {
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Maintenance"];
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
    "maintenance.get": {
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
                    "application/json": components["schemas"]["Maintenance"];
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
    "maintenance.remove": {
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
    "maintenance.change": {
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
                "application/json": components["schemas"]["MaintenanceParts"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Maintenance"];
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
    matrix: {
        parameters: {
            query: {
                /** @description 1 to 200 `inst_…`, separated by commas. */
                instance: string;
                /** @description Beginning; an hour before `to` when not given. */
                from?: string;
                /** @description End; now when not given. */
                to?: string;
                /** @description `deferred`, the queue whose listing the matrix is made of. */
                queue?: string;
                /** @description Domains shown, 1 to 100; 20 when not given. */
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
                    "application/json": components["schemas"]["Matrix"];
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
    "me.get": {
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
                    "application/json": components["schemas"]["Me"];
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
    "me.remove": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Leave"];
            };
        };
        responses: {
            /** @description Gone */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The last owner of a tenant */
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
    "me.change": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["MeChange"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Me"];
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
    "me.password": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PasswordChange"];
            };
        };
        responses: {
            /** @description Changed; all other sessions are over */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The old one is wrong, or the new one cannot be chosen */
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
    "me.end_session": {
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
            /** @description Over */
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
    "me.totp.begin": {
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
                    "application/json": components["schemas"]["TotpDraft"];
                };
            };
            /** @description On already */
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
    "me.totp.off": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["TotpOff"];
            };
        };
        responses: {
            /** @description Off */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Wrong */
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
    "me.totp.confirm": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["TotpCode"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RecoveryCodes"];
                };
            };
            /** @description Not begun */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Wrong code */
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
    "members.remove": {
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
            /** @description Removed; sessions and tokens of the person here are over */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
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
            /** @description The last owner */
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
    "members.change": {
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
                "application/json": components["schemas"]["MemberChange"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Member"];
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
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description The last owner */
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
    "people.forgot": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Forgot"];
            };
        };
        responses: {
            /** @description If the address is known, a letter is on its way */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
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
    "people.reset": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Reset"];
            };
        };
        responses: {
            /** @description Done: sign in */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The link works no more */
            410: {
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
    weekly_report: {
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
                    "application/json": components["schemas"]["WeeklyReport"];
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
    "routes.list": {
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
                    "application/json": components["schemas"]["Routes"];
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
    "routes.create": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RouteParts"];
            };
        };
        responses: {
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Route"];
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
    "routes.order": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RouteOrder"];
            };
        };
        responses: {
            /** @description Done */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
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
    "routes.preview": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["WhereTo"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Where"];
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
    "routes.get": {
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
                    "application/json": components["schemas"]["Route"];
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
    "routes.remove": {
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
    "routes.change": {
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
                "application/json": components["schemas"]["RouteParts"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Route"];
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
    series: {
        parameters: {
            query: {
                /** @description 1 to 200 `inst_…`, separated by commas. */
                instance: string;
                /** @description At most 30 names of the catalogue, separated by commas. */
                metric?: string;
                /**
                 * @description At most 10 of `rate(METRIC)`, `ratio(METRIC,METRIC)`, `top(DIMENSION,MEASURE,N)` and `percentile(STAGE,P)`,
                 *     separated by semicolons. The last two are of all instances together.
                 */
                expr?: string;
                /** @description `sum` makes one series of all instances; `each` when not given. */
                combine?: string;
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
    series_csv: {
        parameters: {
            query: {
                /** @description 1 to 200 `inst_…`, separated by commas. */
                instance: string;
                /** @description At most 30 names of the catalogue, separated by commas. */
                metric?: string;
                /**
                 * @description At most 10 of `rate(METRIC)`, `ratio(METRIC,METRIC)`, `top(DIMENSION,MEASURE,N)` and `percentile(STAGE,P)`,
                 *     separated by semicolons. The last two are of all instances together.
                 */
                expr?: string;
                /** @description `sum` makes one series of all instances; `each` when not given. */
                combine?: string;
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
                    "text/csv": string;
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
    service: {
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
                    "application/json": components["schemas"]["Service"];
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
            /** @description Wrong address or password, or a code is needed */
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
    "session.switch": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Switch"];
            };
        };
        responses: {
            /** @description There; sets cookies */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Session"];
                };
            };
            /** @description No tenant of yours */
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
    "people.sign_up": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SignUp"];
            };
        };
        responses: {
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OnItsWay"];
                };
            };
            /** @description Sign-up is closed */
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
    "people.confirm": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["LinkToken"];
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
            /** @description The link works no more */
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "silences.list": {
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
                    "application/json": components["schemas"]["Silences"];
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
    "silences.create": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewSilence"];
            };
        };
        responses: {
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Silence"];
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
    "silences.end": {
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
            /** @description Ended */
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
    "sso.get": {
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
                    "application/json": components["schemas"]["Sso"];
                };
            };
            /** @description None is set */
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
    "sso.put": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewSso"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Sso"];
                };
            };
            /** @description A domain is not shown to be yours: its fault says which text belongs where */
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
    "sso.remove": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
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
        };
    };
    "sso.callback": {
        parameters: {
            query?: {
                /** @description The code. */
                code?: string;
                /** @description What we sent. */
                state?: string;
                /** @description Why there is no code. */
                error?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Signed in, or back to the page of signing in */
            303: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "sso.start": {
        parameters: {
            query: {
                /** @description Address of whoever signs on. */
                email: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description To the provider, or back to the page of signing in */
            303: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "staff.tenants": {
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
                    "application/json": components["schemas"]["Page_TenantNumbers"];
                };
            };
            /** @description You do not run this installation */
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
    "tenant.get": {
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
                    "application/json": components["schemas"]["TenantDetail"];
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
    "tenant.remove": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["TenantEnd"];
            };
        };
        responses: {
            /** @description Over; figures are removed within the hour */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Another name */
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
    "tenant.change": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["TenantChange"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TenantDetail"];
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
    "tenant.export": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description One object {kind, row} a line */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/x-ndjson": string;
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
    totals: {
        parameters: {
            query: {
                /** @description 1 to 200 `inst_…`, separated by commas. */
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
    "triggers.preview": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PreviewRequest"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Preview"];
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
    "triggers.reset": {
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
            409: {
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
}
