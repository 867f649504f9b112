import { isPortFree } from '../../shared/ports.ts';
import type { DoctorContext } from '../context.ts';
import { ok, problem, type Finding } from '../finding.ts';

const CHECK = 'ports';

/** Whether the ports of config.toml are free for a start; a running stack has its own. */
export async function checkPorts({ running, config }: DoctorContext): Promise<Finding[]> {
  if (running) return [ok(CHECK, 'ports', `The stack runs in process ${running.pid}`)];
  const ports = [
    ['[api] port', config.section('api').integer('port', 54321)],
    ['[db] port', config.section('db').integer('port', 54322)],
  ] as const;
  const findings = ports.map(async ([name, port]) => {
    if (port === 0 || (await isPortFree(port))) return ok(CHECK, name, `${name} ${port} is free`);
    return problem(CHECK, 'info', {
      kind: 'port-taken',
      subject: name,
      cause: `Another program uses ${name} ${port}: the stack will take another port.`,
      cure: 'Stop that program, or set another port in supabase/config.toml, if the number matters.',
    });
  });
  return Promise.all(findings);
}
