import type { connectors } from '../../connectors/index.ts';
import type { SourceConfig } from '../config/check-config.ts';
import type { Finding } from './check-finding.ts';

type AnyConnector = (typeof connectors)[string];

/** Hooks that take posts which no chosen stream loads: only a load takes them out of the inbox again. */
export function hookFindings(
  group: string,
  { hooks = {}, streams }: Pick<AnyConnector, 'hooks' | 'streams'>,
  { id, streams: chosen }: Pick<SourceConfig, 'id' | 'streams'>,
  config: unknown,
): readonly Finding[] {
  if (chosen === 'all') return [];
  return Object.entries(hooks).flatMap(([name, hook]): readonly Finding[] => {
    const takesPosts = hook.keys(config).length > 0 || hook.pathSecret?.(config) !== undefined;
    const loading = Object.keys(streams).filter((stream) => pushOf(streams[stream]) === name);
    if (!takesPosts || loading.length === 0 || loading.some((stream) => chosen.includes(stream))) return [];
    const names = loading.join(', ');
    return [
      {
        group,
        item: `hook:${name}`,
        status: 'warning',
        message: `What is posted to ${name} is never loaded, because the stream ${names} is not chosen: it fills the inbox up to receive.max_disk.`,
        fix: `Add ${names} to the streams of ${id}, or remove its webhook.`,
      },
    ];
  });
}

const pushOf = (stream: AnyConnector['streams'][string] | undefined): string | undefined =>
  stream !== undefined && 'push' in stream ? stream.push : undefined;
