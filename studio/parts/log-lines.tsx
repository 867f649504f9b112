/** As plugin/studio/logs/service-log.ts; requests are added by the page. */
export interface LogEntry {
  readonly id: number | string;
  readonly service: 'postgres' | 'functions' | 'requests';
  readonly at: number;
  readonly level: 'error' | 'warning' | 'info';
  readonly source?: string;
  readonly text: string;
}

/** Lines of a log, the newest first. */
export function LogLines({ entries, label }: { entries: readonly LogEntry[]; label: string }) {
  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a region that scrolls must be reachable by keyboard
    <section className="scroll log" aria-label={label} tabIndex={0}>
      <ul>
        {entries.map(({ id, service, at, level, source, text }) => (
          <li key={`${service} ${id}`} className={level}>
            <time dateTime={new Date(at).toISOString()}>{new Date(at).toLocaleTimeString()}</time>
            <span className="quiet">
              {service}
              {source !== undefined && ` ${source}`}
            </span>
            <code>{text}</code>
          </li>
        ))}
      </ul>
    </section>
  );
}
