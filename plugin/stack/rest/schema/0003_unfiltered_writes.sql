-- Statements whose trees a request reads (database/unfiltered-guard.ts) are not for the server's log.
grant set on parameter log_min_messages to authenticator;
