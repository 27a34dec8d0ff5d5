# Shortcuts; the map is tox.ini. Needs only a Python >= 3.10 with venv: scripts/tox brings the rest.

.DEFAULT_GOAL := help
.PHONY: help demo test bench lint types arch build dev clean

help:  ## List the targets
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/make \1	\2/p' $(MAKEFILE_LIST) | expand -t 14

demo:  ## Train, log, register and read back on a private MongoDB
	scripts/tox run -e demo

test:  ## Everything that must hold before a change goes in
	scripts/tox run

bench:  ## Measure against MLflow's server, its SQL store and bare pymongo
	scripts/tox run -e bench

lint:  ## Style and format
	scripts/tox run -e lint

types:  ## Types of the wheels
	scripts/tox run -e types

arch:  ## Which part may import which
	scripts/tox run -e arch

build:  ## All distributions into dist/, installed and imported once
	scripts/tox run -e build

dev:  ## An environment to work in: .venv
	scripts/tox run -e dev

clean:  ## Remove what these commands made
	rm -rf .tox .venv-tools dist
