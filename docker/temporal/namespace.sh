#!/bin/sh
# Makes the namespace; how long it keeps what has ended can be changed later with: temporal operator namespace update
set -eu

until temporal operator cluster health; do
  echo 'Temporal does not answer yet'
  sleep 2
done
temporal operator namespace describe --namespace "$TEMPORAL_NAMESPACE" ||
  temporal operator namespace create --namespace "$TEMPORAL_NAMESPACE" --retention 72h
