# The commands a newcomer types. Everything real is an npm script or a TypeScript program.
.PHONY: demo demo-stop test test-k3s test-tailnet test-image test-package test-disk check package image usb cluster-key limits clean
# A key, an image and a stick that are asked for at once are made one after the other, also with -j.
.NOTPARALLEL:
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

# The packages alone: builds them, and installs, upgrades, removes and purges them in a Debian of their own. Needs root and mmdebstrap.
test-package: node_modules/.installed
	@$(NODE) test/run.ts --tier package

# The image alone: makes it, and starts it by BIOS, by UEFI and with Secure Boot. As test-image, and Go, gdisk, mtools, dosfstools, ovmf.
test-disk: node_modules/.installed
	@$(NODE) test/run.ts --tier disk

# Packages of Debian in dist/: ARCH=arm64 for other machines, VERSION=1.2.3, RELEASE=1 for smaller ones, a minute longer.
package: node_modules/.installed
	@ARCH=$(ARCH) VERSION=$(VERSION) RELEASE=$(RELEASE) OUT=$(OUT) $(NODE) deploy/package/build.ts

# A disk for sticks, machines and clouds in dist/ (deploy/image/README.md): FIRMWARE=0, WITH_KEY=1, AUTHORIZED_KEYS=FILE, SUITE, MIRROR, DISTRIBUTION, FRESH=1.
image: node_modules/.installed
	@ARCH=$(ARCH) VERSION=$(VERSION) RELEASE=$(RELEASE) OUT=$(OUT) DISTRIBUTION=$(DISTRIBUTION) SUITE=$(SUITE) MIRROR=$(MIRROR) \
	SECURITY_MIRROR=$(SECURITY_MIRROR) KEYRING=$(KEYRING) FIRMWARE=$(FIRMWARE) FRESH=$(FRESH) WITH_KEY=$(WITH_KEY) KEY=$(KEY) AUTHORIZED_KEYS=$(AUTHORIZED_KEYS) TAILSCALE=$(TAILSCALE) FORMATS=$(FORMATS) \
	$(NODE) deploy/image/build.ts

# The same as a stick, dist/cluster-os-usb.img: SETTINGS=FOLDER and WITH_KEY=1 put files onto its partition for people. After "make image" it takes seconds.
usb: node_modules/.installed
	@OUT=$(OUT) SETTINGS=$(SETTINGS) WITH_KEY=$(WITH_KEY) KEY=$(KEY) ARCH=$(ARCH) VERSION=$(VERSION) RELEASE=$(RELEASE) DISTRIBUTION=$(DISTRIBUTION) \
	SUITE=$(SUITE) MIRROR=$(MIRROR) SECURITY_MIRROR=$(SECURITY_MIRROR) KEYRING=$(KEYRING) FIRMWARE=$(FIRMWARE) FRESH=$(FRESH) AUTHORIZED_KEYS=$(AUTHORIZED_KEYS) TAILSCALE=$(TAILSCALE) FORMATS=$(FORMATS) \
	$(NODE) deploy/image/usb.ts

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
