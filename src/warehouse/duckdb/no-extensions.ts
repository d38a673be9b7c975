/** DuckDB loads nothing by itself: what it may do is decided here, and it needs no network. */
export const noExtensions = {
  autoinstall_known_extensions: 'false',
  autoload_known_extensions: 'false',
  allow_community_extensions: 'false',
} as const;
