import type { LoggedRequest } from '../api.ts';

// A bar is full at this many milliseconds.
const FULL_MS = 200;

/** How long a request took, as a bar: gateway, then service. */
export function TimeBar({ time }: { time: LoggedRequest['time'] }) {
  const { total, gateway = total, service = 0 } = time;
  const scale = 100 / Math.max(FULL_MS, total);
  return (
    <span className="time">
      <span className="quiet">{total < 10 ? total.toFixed(1) : Math.round(total)} ms</span>
      <svg viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true">
        <rect className="gateway" width={Math.max(1, gateway * scale)} height="4" />
        <rect className="service" x={gateway * scale} width={service * scale} height="4" />
      </svg>
    </span>
  );
}
