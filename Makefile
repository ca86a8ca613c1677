# The commands a newcomer types. Everything real is an npm script or a TypeScript program.
.PHONY: demo demo-stop test test-k3s test-tailnet test-image check cluster-key limits clean
SHELL := /bin/bash
NODE := node_modules/.bin/node
export PATH := $(CURDIR)/node_modules/.bin:$(PATH)

# KEEP=1 leaves the demo running; DEMO_INSTALL=0 refuses to install packages.
demo: node_modules/.installed
	@KEEP=$(KEEP) DEMO_INSTALL=$(DEMO_INSTALL) $(NODE) test/lab/demo.ts

# Ends what KEEP=1 left.
demo-stop: node_modules/.installed
	@$(NODE) test/lab/demo.ts --stop

test: node_modules/.installed
	@$(NODE) test/run.ts

# The contract of k3s on its double, and on k3s itself where this machine has it and we are root.
test-k3s: node_modules/.installed
	@$(NODE) test/run.ts --tier k3s

# On a real tailnet: compiles tailscaled and headscale first, which takes some minutes, once.
test-tailnet: node_modules/.installed
	@$(NODE) test/run.ts --tier tailnet

# In virtual machines only: needs root, QEMU and mmdebstrap.
test-image: node_modules/.installed
	@$(NODE) test/run.ts --tier image

check: node_modules/.installed
	@npm run --silent check

cluster-key: node_modules/.installed
	@$(NODE) src/cli/main.ts key create --out $(or $(KEY),cluster.key)

# Writes docs/limits.md: a simulation of up to 1000 members (about a quarter of an hour) and every limit of the source.
limits: node_modules/.installed
	@$(NODE) test/simulation/limits-page.ts

node_modules/.installed: package.json package-lock.json
	@deploy/dev/install-node-modules
	@touch $@

clean:
	rm -rf node_modules build dist
