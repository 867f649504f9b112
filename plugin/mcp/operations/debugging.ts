import type { DebuggingOperations } from '@supabase/mcp-server-supabase/platform';
import type { AdvisorFinding } from '../../explain/advisors/advisor.ts';
import { runAdvisors } from '../../explain/advisors/run.ts';
import { Explainer } from '../../explain/explainer.ts';
import type { JournalService } from '../../explain/journal.ts';
import { databaseOf, type AgentProject, type FindProject } from '../project.ts';

type Service = Parameters<DebuggingOperations['getLogs']>[1]['service'];

/** The journal's name of a service. */
const JOURNAL: Readonly<Record<Exclude<Service, 'postgres' | 'branch-action'>, JournalService>> = {
  api: 'api',
  auth: 'auth',
  storage: 'storage',
  realtime: 'realtime',
  'edge-function': 'functions',
  'edge-function-runtime': 'output',
};

export function debuggingOperations(find: FindProject): DebuggingOperations {
  return {
    async getLogs(_project, options) {
      const { service, iso_timestamp_start: start, iso_timestamp_end: end } = options;
      const project = await find();
      const from = start === undefined ? 0 : Date.parse(start);
      const to = end === undefined ? Date.now() : Date.parse(end);
      if (service === 'branch-action') return [];
      if (service === 'postgres') return readServerLog(project, from, to);
      return project.request('journal', { service: JOURNAL[service], from, to });
    },
    getSecurityAdvisors: async () => lint(await find(), 'security'),
    getPerformanceAdvisors: async () => lint(await find(), 'performance'),
  };
}

async function readServerLog(project: AgentProject, from: number, to: number): Promise<string[]> {
  const lines = (await project.request('postgres log')) as string[];
  let isWithin = true;
  return lines.filter((line) => {
    // The further lines of an entry have no time.
    const time = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d(?:\.\d+)?) (?:UTC|GMT)/.exec(line);
    const at = time ? Date.parse(`${time[1]}T${time[2]}Z`) : undefined;
    if (at !== undefined) isWithin = at >= from && at <= to;
    return isWithin;
  });
}

const LEVELS: Readonly<Record<AdvisorFinding['severity'], string>> = {
  error: 'ERROR',
  warning: 'WARN',
  info: 'INFO',
};

/** The advisors in the form of Supabase's Management API. */
async function lint(project: AgentProject, category: AdvisorFinding['category']): Promise<unknown> {
  const url = databaseOf(project);
  const { exposedSchemas } = project;
  const explainer = new Explainer({ databaseUrl: () => url, exposedSchemas });
  try {
    const findings = await explainer.read((session) => runAdvisors(session, exposedSchemas));
    const lints = findings
      .filter((finding) => finding.category === category)
      .map(({ kind, severity, subject, cause, cure, code }) => ({
        name: kind,
        level: LEVELS[severity],
        categories: [category.toUpperCase()],
        subject,
        detail: cause,
        remedy: cure,
        sql: code,
      }));
    return { lints };
  } finally {
    await explainer.close();
  }
}
