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

const COOKIE = "bedrock-governor-session";
const MOST_SESSIONS = 100;

export const sessionCookie = ({ id }: Session): string => `${COOKIE}=${id}; HttpOnly; SameSite=Strict; Path=/`;

/** The oldest session goes when there are too many. */
export function createSessions(): Sessions {
  const sessions = new Map<string, Session>();
  return {
    of({ headers }) {
      const id = new RegExp(`(?:^|; )${COOKIE}=([\\w-]+)`).exec(headers.cookie ?? "")?.[1];
      const there = id === undefined ? undefined : sessions.get(id);
      if (there !== undefined) return there;
      const session = createSession();
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
      if (given === undefined || given.length !== token.length) return false;
      return timingSafeEqual(Buffer.from(given), Buffer.from(token));
    },
    answer(answer) {
      answers.set(`${answer.form} ${answer.limit ?? ""}`, answer);
    },
  };
}
