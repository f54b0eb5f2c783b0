#!/usr/bin/env bash
# Installs the platform that sst.config.ts is written against into the git-ignored .sst/, from npm alone: no account, no Bun, no Pulumi.
# `npm run test:infra` checks the infrastructure with it.
set -euo pipefail
cd "$(dirname "$0")/.."
export SST_SKIP_DEPENDENCY_CHECK=1 SST_NO_BUN=1 SST_TELEMETRY_DISABLED=1
npx --no-install sst install --stage dev
