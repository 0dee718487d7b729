// Who is signed in, and what that person's role may do.
import { api, rememberSession } from './api/client';
import type { Role, Session } from './api/types';

const RANK: Record<Role, number> = { viewer: 0, operator: 1, admin: 2, owner: 3 };

class SessionState {
  now = $state.raw<Session | null>(null);

  async load(): Promise<Session> {
    const session = await api.session.get();
    this.set(session);
    return session;
  }

  set(session: Session | null): void {
    rememberSession(session);
    this.now = session;
  }

  /** The server decides; the page only spares people buttons that would be refused. */
  may(role: Role): boolean {
    return this.now !== null && RANK[this.now.role] >= RANK[role];
  }
}

export const session = new SessionState();
