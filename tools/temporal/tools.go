//go:build tools

// Package tools pins the Temporal development server that mailmart builds when no other is found.
package tools

import _ "github.com/temporalio/cli/cmd/temporal"
