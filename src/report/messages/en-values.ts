import type { Device } from '../../transform/steps/agent-rules.ts';
import type { ModelRun, RunKind } from '../../warehouse/port.ts';

/** Words of closed vocabularies that data are said in, by vocabulary: one that is missing here does not compile, or fails its test. */
export const values = {
  device: {
    mobile: 'Mobile',
    tablet: 'Tablet',
    desktop: 'Desktop',
    unknown: 'Not known',
  } satisfies Readonly<Record<Device, string>>,
  /** Clients and systems have names of their own, but for those that nobody knows. */
  program: { unknown: 'Not known' },
  /** What a provider thinks of a sending domain. */
  reputation: { high: 'High', medium: 'Medium', low: 'Low', bad: 'Bad' },
  /** Where copies to test mailboxes arrived, as the mart's text names the places. */
  placement: { inbox: 'inbox', tabs: 'tabs', spam: 'spam', missing: 'missing' },
  /** Groups of a test that have no name of their own. */
  variant: { 'winner, sent to the rest': 'Winner, sent to the rest' },
  /** Kinds of sources that are no e-mail service. */
  source: { file: 'Files' },
  run: {
    sync: 'Reading',
    transform: 'Tables and checks',
    pipeline: 'Reading, tables and checks',
  } satisfies Readonly<Record<RunKind, string>>,
  model: {
    table: 'Table',
    view: 'View',
    incremental: 'Table, by parts',
    assertion: 'Check',
    operations: 'Statements',
    step: 'Computed step',
  } satisfies Readonly<Record<ModelRun['kind'], string>>,
};
