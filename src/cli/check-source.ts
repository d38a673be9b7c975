import { connectors } from '../../connectors/index.ts';
import type { CheckFinding, Http } from '../../connectors/_kit/contract.ts';
import { ConnectorError } from '../../connectors/_kit/errors.ts';
import { createHttp } from '../../connectors/_kit/http.ts';
import { ConfigError, placeOf } from '../config/problems.ts';
import type { Project } from '../config/load.ts';
import type { SourceConfig } from '../config/check-config.ts';
import type { Finding } from './check-finding.ts';
import { hookFindings } from './check-hooks.ts';
import { describeError, namedFailure } from './describe-error.ts';

type AnyConnector = (typeof connectors)[string];

/** A source that has not answered by then is reported as such; the bar for the whole command is five seconds. */
const probeMs = 4500;

/** Findings of one source: secrets, the connector's probe, its hooks, then every stream. At most three requests. */
export async function checkSource(
  project: Project,
  source: SourceConfig,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  const connector = connectors[source.type];
  if (connector === undefined) return [];
  const group = `source ${source.id}`;
  const about = (finding: CheckFinding): Finding => ({ group, ...finding });
  let config: unknown;
  try {
    config = project.secret(source.id);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return [
      ...error.problems.map((problem): Finding => ({
        group,
        item: 'credentials',
        status: 'failed',
        message: `${placeOf(problem)}  ${problem.what}`,
        ...(problem.fix !== undefined && { fix: problem.fix }),
        code: problem.code,
      })),
      ...streamFindings(group, connector, source, 'the secret cannot be read'),
    ];
  }
  const probed = await probe(connector, config, signal);
  const broken = probed.find((finding) => finding.status === 'failed');
  return [
    ...probed.map(about),
    ...hookFindings(group, connector, source, config),
    ...streamFindings(group, connector, source, broken?.message, probed),
  ];
}

async function probe(
  connector: AnyConnector,
  config: unknown,
  signal: AbortSignal,
): Promise<readonly (CheckFinding & Pick<Finding, 'code'>)[]> {
  const timeout = AbortSignal.timeout(probeMs);
  try {
    const plain = createHttp(connector, config, {
      timeoutMs: probeMs - 500,
      connectTimeoutMs: 3000,
      // A doctor asks once: every wait is made longer than the transport's patience, so the first answer is the finding.
      random: () => Number.MAX_SAFE_INTEGER / 2 ** 20,
    });
    const seen: ConnectorError[] = [];
    const http = remembering(plain, seen);
    const findings = await connector.probe({ config, http, signal: AbortSignal.any([signal, timeout]) });
    // A probe words its failures; their kind decides code and exit.
    const code = seen[0] === undefined ? undefined : namedFailure(seen[0].kind).code;
    return findings.map((finding) =>
      finding.status === 'failed' && code !== undefined ? { ...finding, code } : finding,
    );
  } catch (error) {
    signal.throwIfAborted();
    if (timeout.aborted) {
      return [
        {
          item: 'reachability',
          status: 'failed',
          message: `No complete answer within ${probeMs / 1000} seconds.`,
          fix: 'Check network, proxy and base_url; try again if the service is slow.',
          code: 'SOURCE_UNREACHABLE',
        },
      ];
    }
    const report = describeError(error);
    const code = error instanceof ConnectorError ? namedFailure(error.kind).code : report.code;
    const item = code === 'SOURCE_AUTH' ? 'credentials' : code === 'SOURCE_CONFIG' ? 'config' : 'reachability';
    return [
      { item, status: 'failed', message: report.what, ...(report.fix !== undefined && { fix: report.fix }), code },
    ];
  }
}

function remembering(http: Http, seen: ConnectorError[]): Http {
  return {
    download: (url, options, signal) => http.download(url, options, signal),
    get requests() {
      return http.requests;
    },
    async request(request, signal) {
      try {
        return await http.request(request, signal);
      } catch (error) {
        if (error instanceof ConnectorError) seen.push(error);
        throw error;
      }
    },
  };
}

/** Streams as far as the probe speaks of them; the rest depends on the credentials as a whole. */
function streamFindings(
  group: string,
  connector: AnyConnector,
  source: SourceConfig,
  broken: string | undefined,
  probed: readonly CheckFinding[] = [],
): readonly Finding[] {
  return Object.entries(connector.streams).flatMap(([name, stream]): readonly Finding[] => {
    const item = `stream:${name}`;
    if (probed.some((finding) => finding.item === item)) return [];
    if (source.streams !== 'all' && !source.streams.includes(name)) {
      return [{ group, item, status: 'skipped', message: 'Not selected in mailmart.yaml.' }];
    }
    if (broken !== undefined) {
      return [{ group, item, status: 'skipped', message: 'Not tested: see the failure above.' }];
    }
    const permission = probed.find(
      (finding) => finding.item.startsWith('permission:') && finding.status !== 'ok' && speaksOf(finding, name),
    );
    if (permission !== undefined) {
      return [
        {
          group,
          item,
          status: permission.status === 'failed' ? 'failed' : permission.status,
          message: permission.message,
          ...(permission.fix !== undefined && { fix: permission.fix }),
        },
      ];
    }
    return [
      {
        group,
        item,
        status: 'ok',
        message: stream.permission === undefined ? 'Readable with these credentials.' : `Needs: ${stream.permission}`,
      },
    ];
  });
}

function speaksOf(finding: CheckFinding, stream: string): boolean {
  const word = stream.replace(/s$/, '').replaceAll('_', ' ');
  return new RegExp(String.raw`\b${word}s?\b`, 'i').test(finding.message);
}
