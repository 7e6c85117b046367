#!/bin/sh
# Makes the namespace, which keeps what has ended for a day: PostgreSQL knows it for RETENTION_DAYS. A namespace that is there keeps
# its own time; it is changed with: temporal operator namespace update --retention 24h
set -eu

until temporal operator cluster health; do
  echo 'Temporal does not answer yet'
  sleep 2
done
temporal operator namespace describe --namespace "$TEMPORAL_NAMESPACE" ||
  temporal operator namespace create --namespace "$TEMPORAL_NAMESPACE" --retention 24h
