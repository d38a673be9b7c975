import { resolve } from 'node:path';
import { CliError } from '../cli-error.ts';
import type { Context } from '../context.ts';
import type { ExitName } from '../exit-codes.ts';
import { postWebhooks } from '../demo/post-webhooks.ts';
import { prepareDemo } from '../demo/prepare-demo.ts';
import { startSimulator } from '../demo/start-simulator.ts';
import { readKpis } from '../kpis.ts';
import { openInBrowser } from '../open-in-browser.ts';
import { lastLine, showEnd } from '../summary.ts';
import { tableText } from '../table.ts';
import { runPipelineOnce } from './run.ts';

export type DemoFlags = {
  readonly seed?: string;
  readonly dir?: string;
  readonly size?: string;
  readonly open?: boolean;
  readonly fresh?: boolean;
};

/** The demo's "now": the world's facts are told up to here. */
const demoNow = '2026-06-30T12:00:00Z';

/** `mailmart demo`: project, simulator, pipeline, numbers. */
export async function demo(context: Context, flags: DemoFlags): Promise<ExitName> {
  const { output, env } = context;
  const seed = seedOf(flags.seed ?? '1');
  const dir = resolve(flags.dir ?? 'demo-project');
  // The whole demo, its worker included, lives at this instant.
  env['MAILMART_CLOCK'] ??= demoNow;
  output.say(`Demo company from seed ${seed} in ${dir}. The clock stands at ${env['MAILMART_CLOCK']}.`);
  const place = prepareDemo(dir, { seed, fresh: flags.fresh === true });
  output.say('Making 18 months of history and starting simulators of the Mailchimp and SendGrid APIs …');
  const simulator = await startSimulator({
    ...place,
    dir,
    seed,
    size: flags.size ?? 'demo',
    at: env['MAILMART_CLOCK'],
    signal: context.signal,
  });
  try {
    place.writeConfig(simulator);
    const { loadProject } = await import('../../config/load.ts');
    const project = loadProject(dir, env);
    const events = await postWebhooks(context, project, place, simulator);
    output.say(
      `The simulators answer at ${simulator.url} and ${simulator.sendgrid.url}; SendGrid's webhook posted ${events} events.`,
    );
    output.say('Running the pipeline …');
    const ended = await runPipelineOnce(context, project);
    const kpis = ended.outcome.published ? await readKpis(project.paths.published) : [];
    if (output.json) return showEnd(context, 'demo', ended, { project: dir, seed, kpis });
    showEnd({ ...context, output: { ...output, say: () => undefined } }, 'demo', ended);
    output.data('');
    output.data(
      tableText(
        ['KPI', 'value'],
        kpis.map(({ name, value }) => [name, value]),
      ),
    );
    output.data('');
    output.data(`Project: ${dir} (cd there and try mailmart status, mailmart query "show all tables")`);
    if (ended.outcome.report !== null && flags.open !== false && output.isTerminal) {
      await openInBrowser(ended.outcome.report);
    }
    output.repeatWarnings();
    output.say(`Verdict: ${lastLine(ended)}`);
    return ended.exit;
  } finally {
    await simulator.stop();
  }
}

function seedOf(text: string): number {
  const seed = Number(text);
  if (Number.isSafeInteger(seed) && seed >= 0) return seed;
  throw new CliError({
    code: 'USAGE',
    exit: 'usage',
    what: '--seed must be a whole number, 0 or more.',
    fix: 'For example --seed 7',
  });
}
