/** URL and keys of a stack. */
interface StackAddress {
  readonly url: string;
  readonly dbUrl: string;
  readonly publishableKey: string;
  readonly secretKey: string;
  readonly anonKey: string;
  readonly serviceRoleKey: string;
  readonly jwtSecret: string;
}

/** By the names of `supabase status -o json`. */
export function stackVariables(stack: StackAddress): Record<string, string> {
  return {
    API_URL: stack.url,
    REST_URL: `${stack.url}/rest/v1`,
    DB_URL: stack.dbUrl,
    MAILPIT_URL: `${stack.url}/__supabase/mail`,
    PUBLISHABLE_KEY: stack.publishableKey,
    SECRET_KEY: stack.secretKey,
    ANON_KEY: stack.anonKey,
    SERVICE_ROLE_KEY: stack.serviceRoleKey,
    JWT_SECRET: stack.jwtSecret,
  };
}

/** The variables in the format of `supabase status -o env`. */
export function formatEnv(stack: StackAddress): string {
  return Object.entries(stackVariables(stack))
    .map(([name, value]) => `${name}="${value}"\n`)
    .join('');
}
