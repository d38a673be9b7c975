import { accessSync, constants, lstatSync, statSync, type Stats } from 'node:fs';
import { dirname } from 'node:path';
import type { Project } from '../config/load.ts';
import { isBucketPlace } from '../config/landing-place.ts';
import { faultOf, faultText } from '../contracts/file-fault.ts';
import type { Finding } from './check-finding.ts';

/** A place that a run writes to, and where it is set. */
type Place = { readonly what: string; readonly path: string; readonly key?: string; readonly isFile?: boolean };

/** Whether a run could write its landing, report and logs, seen without writing anything. Of the warehouse another check says that. */
export function checkFolders(project: Project): readonly Finding[] {
  const base = { group: 'mailmart', item: 'folders' } as const;
  const places = placesOf(project);
  const failed = places.flatMap(({ what, path, key, isFile = false }): Finding[] => {
    const fault = writeFault(path, isFile);
    if (fault === undefined) return [];
    const { code, fix } = fault;
    return [
      {
        ...base,
        status: 'failed',
        message: `${what}: ${faultText(fault, path)}.`,
        fix: fault.mayPass
          ? fix
          : `Move what stands there${key === undefined ? '' : `, or set ${key} in ${project.file}`}.`,
        code,
      },
    ];
  });
  return failed.length > 0
    ? failed
    : [
        {
          ...base,
          status: 'ok',
          message: `Can be written: ${places.map(({ what }) => what.toLowerCase()).join(', ')}.`,
        },
      ];
}

function placesOf({ paths, config }: Project): readonly Place[] {
  return [
    ...(isBucketPlace(paths.landing) ? [] : [{ what: 'Landing', path: paths.landing, key: 'landing.path' }]),
    ...(config.report.after_run ? [{ what: 'Report', path: paths.report, key: 'report.path', isFile: true }] : []),
    ...(paths.reportEmail === null
      ? []
      : [{ what: 'Report in short', path: paths.reportEmail, key: 'report.email_path', isFile: true }]),
    { what: 'Logs', path: paths.logs },
  ];
}

/** What the system would say to whoever writes there; undefined when nothing speaks against it. */
function writeFault(path: string, isFile: boolean): ReturnType<typeof faultOf> {
  const there = seen(statSync, path);
  if (there?.isDirectory() === isFile) return faultOf(isFile ? 'EISDIR' : 'EEXIST', path);
  // A report is written beside its place and then renamed; what is not there yet is made in the nearest folder above it.
  let place = isFile ? dirname(path) : path;
  while (seen(statSync, place) === undefined) {
    if (seen(lstatSync, place) !== undefined) return faultOf('ENOENT mkdir', place);
    place = dirname(place);
  }
  if (seen(statSync, place)?.isDirectory() === false) return faultOf('ENOTDIR', place);
  try {
    accessSync(place, constants.W_OK | constants.X_OK);
    return undefined;
  } catch (error) {
    return faultOf((error as NodeJS.ErrnoException).code, place);
  }
}

/** What stands there, for `statSync` at the end of all links; undefined where nothing does, or where this user may not look. */
function seen(look: (path: string) => Stats, path: string): Stats | undefined {
  try {
    return look(path);
  } catch {
    return undefined;
  }
}
