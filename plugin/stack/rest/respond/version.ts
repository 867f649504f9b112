/** The version of PostgREST whose behaviour this service has. */
export const POSTGREST_VERSION = '16.5';
