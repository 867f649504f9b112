import type { Section } from './section.ts';

/**
 * Settings of the Supabase CLI that configure its containers and commands, or the hosted platform: on this stack nothing
 * is missing without them. By table; the names of a table are separated by blanks.
 */
const WITHOUT_EFFECT: Readonly<Record<string, string>> = {
  '': '$schema remotes inbucket',
  analytics: 'enabled port backend vector_port gcp_project_id gcp_project_number gcp_jwt_path',
  api: 'port external_url',
  'api.tls': 'cert_path key_path',
  'auth.rate_limit': 'web3',
  'auth.third_party.firebase': 'project_id',
  'auth.third_party.auth0': 'tenant tenant_region',
  'auth.third_party.aws_cognito': 'user_pool_id user_pool_region',
  'auth.third_party.clerk': 'domain',
  'auth.third_party.workos': 'issuer_url',
  db: 'port shadow_port health_timeout root_key',
  'db.network_restrictions': 'enabled allowed_cidrs allowed_cidrs_v6',
  'db.pooler': 'port pool_mode default_pool_size max_client_conn',
  'db.ssl_enforcement': 'enabled',
  edge_runtime: 'policy deno_version',
  experimental: 'compute stack s3_host s3_region s3_access_key s3_secret_key',
  'experimental.inspect': 'rules',
  'experimental.pgdelta': 'enabled declarative_schema_path format_options',
  'experimental.webhooks': 'enabled',
  local_smtp: 'enabled port smtp_port pop3_port admin_email sender_name',
  realtime: 'ip_version max_header_length',
  'storage.analytics': 'max_namespaces max_tables max_catalogs',
  'storage.vector': 'enabled max_buckets max_indexes',
  studio: 'enabled port api_url openai_api_key',
};

/** Settings of the Supabase CLI that ask for something that this stack does not have, unless they have this value. */
const UNSUPPORTED: Readonly<Record<string, unknown>> = {
  'api.enabled': true,
  'api.tls.enabled': false,
  'auth.enabled': true,
  'auth.third_party.auth0.enabled': false,
  'auth.third_party.aws_cognito.enabled': false,
  'auth.third_party.clerk.enabled': false,
  'auth.third_party.firebase.enabled': false,
  'auth.third_party.workos.enabled': false,
  'auth.web3.ethereum.enabled': false,
  'auth.web3.solana.enabled': false,
  compute: {},
  'db.orioledb_version': '',
  'db.pooler.enabled': false,
  'experimental.orioledb_version': '',
  'storage.analytics.buckets': {},
  'storage.analytics.enabled': false,
  'storage.vector.buckets': {},
};

/** Marks the settings as known that nothing here reads. */
export function acknowledgeOthers(top: Section): void {
  for (const [path, names] of Object.entries(WITHOUT_EFFECT)) {
    tableAt(top, path === '' ? [] : path.split('.')).ignore(...names.split(' '));
  }
  for (const path of Object.keys(UNSUPPORTED)) {
    const keys = path.split('.');
    tableAt(top, keys.slice(0, -1)).ignore(keys.at(-1) ?? '');
  }
}

/** The settings of this file that ask for something that this stack does not have. */
export function findUnsupported(top: Section): (readonly string[])[] {
  return Object.entries(UNSUPPORTED).flatMap(([path, nothing]) => {
    const keys = path.split('.');
    const value = tableAt(top, keys.slice(0, -1)).peek(keys.at(-1) ?? '');
    return value === undefined || JSON.stringify(value) === JSON.stringify(nothing) ? [] : [keys];
  });
}

function tableAt(top: Section, path: readonly string[]): Section {
  return path.reduce((section, key) => section.section(key), top);
}
