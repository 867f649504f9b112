/**
 * The header by which the gateway limits the database roles of a request to a service in this process: a list with
 * commas; without the header every role is allowed. A client's header of this name is never passed on.
 */
export const ALLOWED_ROLES_HEADER = 'x-supabase-allowed-roles';

/** The roles of callers that may not administer the stack: other machines, tunnels, pages of other origins. */
export const VISITOR_ROLES = 'anon,authenticated';
