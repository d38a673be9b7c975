//go:build tools

// Package tools pins the BigQuery emulator and fake-gcs-server, which tests run; scripts/setup.sh builds both from here.
package tools

import (
	_ "github.com/fsouza/fake-gcs-server"
	_ "github.com/goccy/bigquery-emulator/cmd/bigquery-emulator"
)
