#!/bin/sh
# Temporal's databases, created or brought to this version; doing it again changes nothing. Connection: SQL_* in the environment.
set -eu
for store in temporal visibility; do
  [ "$store" = temporal ] && database=temporal || database=temporal_visibility
  temporal-sql-tool --db "$database" create-database
  temporal-sql-tool --db "$database" setup-schema --version 0.0
  temporal-sql-tool --db "$database" update-schema --schema-dir "/etc/temporal/schema/postgresql/v12/$store/versioned"
done
