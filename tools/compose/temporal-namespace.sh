#!/bin/sh
# The namespace `default`, once the server answers. TEMPORAL_ADDRESS says where. What is kept there of a run goes after 30 days.
set -eu
tries=0
until temporal operator namespace describe --namespace default >/dev/null 2>&1 \
  || temporal operator namespace create --namespace default --retention 720h; do
  tries=$((tries + 1))
  [ "$tries" -lt 30 ] || exit 1
  sleep 2
done
