import proto from '@temporalio/proto';
import type { temporal } from '@temporalio/proto';

const { History } = proto.temporal.api.history.v1;

// The SDK's own historyToJSON fails when npm installs protobufjs more than once (it compares classes), so the generated
// code's conversion is used: names for enums, text for long numbers, Base64 for bytes.

/** A history as plain JSON. */
export function historyToJson(history: temporal.api.history.v1.IHistory): unknown {
  return History.toObject(History.fromObject(history), { longs: String, enums: String, bytes: String });
}

/** And back. */
export function historyFromJson(json: unknown): temporal.api.history.v1.History {
  return History.fromObject(json as Readonly<Record<string, unknown>>);
}
