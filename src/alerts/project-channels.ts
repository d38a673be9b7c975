import { resolve } from 'node:path';
import type { Project } from '../config/load.ts';
import { openChannel, type Channel, type ChannelOptions } from './channels.ts';

/** The channels of mailmart.yaml. A secret is looked up when something is sent: one that is missing stops no other channel. */
export function openChannels(project: Project, log: ChannelOptions['log']): readonly Channel[] {
  return project.config.alerts.channels.map((channel) => ({
    id: channel.id,
    severity: channel.severity,
    send: (message, signal) => {
      const secret = project.channelSecret(channel.id);
      const path = channel.path === undefined ? undefined : resolve(project.dir, channel.path);
      return openChannel({ ...channel, secret, path }, { log }).send(message, signal);
    },
  }));
}
