import { randomBytes, timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { FormAnswer, FormsState } from "./state.ts";

/** One browser: what came of the forms it sent is shown to it alone. */
export interface Session {
  readonly id: string;
  readonly forms: () => FormsState;
  /** Says whether a form was on a page that this browser was given. */
  hasToken(token: string | undefined): boolean;
  answer(answer: FormAnswer): void;
}

export interface Sessions {
  /** The session of a request's cookie, or a new one. */
  of(request: Pick<IncomingMessage, "headers">): Session;
}

/** Browsers keep cookies by name and machine, whatever the port: two governors must not share one. */
const cookieName = (port: number): string => `bedrock-governor-session-${port}`;
const MOST_SESSIONS = 100;

export const sessionCookie = ({ id }: Session, port: number): string =>
  `${cookieName(port)}=${id}; HttpOnly; SameSite=Strict; Path=/`;

/** Of too many sessions the one goes that was not used for longest. */
export function createSessions(port: () => number): Sessions {
  const sessions = new Map<string, Session>();
  return {
    of({ headers }) {
      const id = new RegExp(`(?:^|; )${cookieName(port())}=([\\w-]+)`).exec(headers.cookie ?? "")?.[1];
      const there = id === undefined ? undefined : sessions.get(id);
      const session = there ?? createSession();
      sessions.delete(session.id);
      sessions.set(session.id, session);
      const [oldest] = sessions.keys();
      if (sessions.size > MOST_SESSIONS && oldest !== undefined) sessions.delete(oldest);
      return session;
    },
  };
}

function createSession(): Session {
  const token = randomBytes(18).toString("base64url");
  const answers = new Map<string, FormAnswer>();
  return {
    id: randomBytes(18).toString("base64url"),
    forms: () => ({ token, answers: [...answers.values()] }),
    hasToken(given) {
      const [theirs, ours] = [Buffer.from(given ?? ""), Buffer.from(token)];
      return theirs.length === ours.length && timingSafeEqual(theirs, ours);
    },
    answer(answer) {
      answers.set(`${answer.form} ${answer.limit ?? ""}`, answer);
    },
  };
}
