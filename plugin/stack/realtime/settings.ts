// supabase/realtime v2.129.8 config/runtime.exs, lib/realtime/api/tenant.ex, lib/realtime_web/endpoint.ex
import type { SupabaseConfig } from '../config/config.ts';

/** Settings of the service. The defaults are those of the Supabase CLI's stack. */
export interface RealtimeSettings {
  /** `realtime.enabled` of config.toml. */
  readonly isEnabled: boolean;
  /** Refuse public channels. */
  readonly isPrivateOnly: boolean;
  /** Joined channels of one socket. */
  readonly maxChannelsPerSocket: number;
  /** Sockets with a joined channel. */
  readonly maxConcurrentUsers: number;
  /** Broadcasts sent and delivered per second, on average over a minute. */
  readonly maxEventsPerSecond: number;
  /** Joins per second, on average over a minute. */
  readonly maxJoinsPerSecond: number;
  /** Presence calls of one channel within 30 seconds. */
  readonly maxPresenceCalls: number;
  /** Bytes of one broadcast's payload. */
  readonly maxPayloadBytes: number;
  /** Bytes of one WebSocket message. */
  readonly maxFrameBytes: number;
  /** Bytes of one changed row; a larger one is sent without its large values. */
  readonly maxRecordBytes: number;
}

/** Reads `[realtime]`, and the environment variables `TENANT_MAX_…` with which self-hosted Realtime sets its limits. */
export function readRealtimeSettings(config: SupabaseConfig): RealtimeSettings {
  const { env } = config;
  const section = config.section('realtime');
  const limit = (name: string, fallback: number): number => {
    const value = Number(env[name]);
    return Number.isSafeInteger(value) && value > 0 ? value : fallback;
  };
  return {
    isEnabled: section.boolean('enabled', true),
    isPrivateOnly: env.SUPABASE_REALTIME_PRIVATE_ONLY === 'true',
    maxChannelsPerSocket: limit('TENANT_MAX_CHANNELS_PER_CLIENT', 100),
    maxConcurrentUsers: limit('TENANT_MAX_CONCURRENT_USERS', 200),
    maxEventsPerSecond: limit('TENANT_MAX_EVENTS_PER_SECOND', 100),
    maxJoinsPerSecond: limit('TENANT_MAX_JOINS_PER_SECOND', 100),
    maxPresenceCalls: 5,
    // 3,000 kB, and the padding of 500 bytes that Realtime adds.
    maxPayloadBytes: 3_000_500,
    maxFrameBytes: 5_000_000,
    maxRecordBytes: 1024 * 1024,
  };
}
