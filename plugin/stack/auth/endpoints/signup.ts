import type { JsonObject } from '../../../shared/json.ts';
import { beforeUserCreated, saveNewUser } from '../accounts/new-user.ts';
import { registerUser, signupDisabled } from '../accounts/register.ts';
import type { Context } from '../app.ts';
import { writeAudit } from '../db/audit.ts';
import { transaction } from '../db/database.ts';
import { hasNulCharacter } from '../db/failures.ts';
import { isConfirmed, isPhoneConfirmed, newUser } from '../db/users.ts';
import { internal, unprocessable } from '../errors.ts';
import { json, type Reply } from '../http/reply.ts';
import { readParams } from '../http/request.ts';
import { audienceOf, DEFAULT_ROLE } from '../roles.ts';
import { issueSession } from '../tokens/issue.ts';
import { serializeUser } from '../tokens/serialize-user.ts';
import { sessionReply } from './session-reply.ts';

// GoTrue v2.196 internal/api/signup.go, anonymous.go

const SIGNUP = {
  name: 'SignupParams',
  fields: {
    email: 'string',
    phone: 'string',
    password: 'string',
    data: 'object',
    channel: 'string',
    code_challenge: 'string',
    code_challenge_method: 'string',
  },
} as const;

/** POST /signup: an anonymous user without address and number, else a user to be confirmed or signed in at once. */
export async function signup(ctx: Context): Promise<Reply> {
  const params = readParams(ctx.req, SIGNUP);
  if (params.email === '' && params.phone === '') return signupAnonymously(ctx, params.data ?? {});
  ctx.limiter.checkRequest('signup', ctx.req);
  const { user, repeated } = await registerUser(ctx, params);
  if (repeated) return json(serializeUser(repeated));
  if (!isConfirmed(user) && !isPhoneConfirmed(user)) {
    // The user may be one whom somebody else invited: the answer must not show what that person stored.
    const isInvited = user.invited_at !== null;
    return json(isInvited ? serializeUser({ ...user, raw_user_meta_data: {} }, []) : serializeUser(user));
  }
  const issued = await transaction(ctx.pool, async (db) => {
    await writeAudit(db, user, 'login', { traits: { provider: params.email === '' ? 'phone' : 'email' } });
    return issueSession(ctx, db, user, { method: 'password' });
  });
  return sessionReply(issued);
}

async function signupAnonymously(ctx: Context, data: JsonObject): Promise<Reply> {
  // GoTrue's route (api.go) checks this before the handler checks whether sign-ups are disabled.
  if (!ctx.settings.anonymousSignIns) {
    throw unprocessable('anonymous_provider_disabled', 'Anonymous sign-ins are disabled');
  }
  ctx.limiter.checkRequest('anonymous', ctx.req);
  if (!ctx.settings.enableSignup) throw signupDisabled();
  const user = newUser({
    aud: audienceOf(ctx.req),
    role: DEFAULT_ROLE,
    email: '',
    phone: '',
    raw_user_meta_data: data,
    is_anonymous: true,
  });
  await beforeUserCreated(ctx, user);
  const issued = await transaction(ctx.pool, async (db) => {
    await saveNewUser(db, user);
    return issueSession(ctx, db, user, { method: 'anonymous' });
  }).catch((error: unknown) => {
    // GoTrue gives every failure these words, also those of a hook.
    throw hasNulCharacter(error) ? error : internal('Database error creating anonymous user', error);
  });
  return sessionReply(issued);
}
