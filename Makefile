# Everything runs from .venv, which is made on first use and again when pyproject.toml or constraints.txt changed.
PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet --constraint constraints.txt

.PHONY: help demo chat test fuzz eval accept check docs reference picture format wheel wheel-check clean

help:
	@echo "make demo    set up, answer three questions over the bundled corpus"
	@echo "make chat    open the chat page"
	@echo "make test    set up, run all tests"
	@echo "make eval    measure the answers, hold them against the accepted baseline"
	@echo "make check   lint, types, import contract"
	@echo "make docs    build the documentation into site/"

.venv/run: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; this is " + sys.version.split()[0])'
	@echo "Setting up .venv (about 2 GB, a few minutes the first time) …"
	@$(PYTHON) -m venv .venv
	@$(PIP) --editable .
	@touch $@

.venv/dev: .venv/run
	@echo "Adding what the tests need …"
	@$(PIP) --editable '.[dev,openai]'
	@touch $@

.venv/docs: .venv/dev
	@$(PIP) --editable '.[docs]'
	@touch $@

demo: .venv/run
	@$(BIN)/rag-assistant demo

chat: .venv/run
	@$(BIN)/rag-assistant serve --open

test: .venv/dev
	@tests/e2e/install-chromium
	@$(BIN)/python -m pytest -n auto --dist loadfile

# Ten minutes of all readers under atheris; build/fuzz keeps the inputs, build/ what crashed.
fuzz: .venv/dev
	@$(PIP) atheris==3.0.0
	@$(BIN)/python -m tests.fuzz.readers build/fuzz -max_total_time=600

# The bundled questions, answered by the extractive writer; the folder and its report are kept below runs/.
eval: .venv/run
	@$(BIN)/rag-assistant eval gate

accept: .venv/run
	@test -n "$(REASON)" || { echo 'say why: make accept REASON="…"'; exit 2; }
	@$(BIN)/rag-assistant eval accept --reason "$(REASON)"

check: .venv/dev
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

docs: .venv/docs
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict
	@! grep -rE 'src="https?://' site --include='*.html' # a page that loads something from elsewhere

# The generated parts of docs/, made anew from the code; a test fails where they are stale.
reference: .venv/run
	@$(BIN)/rag-assistant reference docs/*.md

# The picture in README.md.
picture: .venv/run
	@mkdir -p build
	@XDG_DATA_HOME=build $(BIN)/rag-assistant ask --mode extractive --format svg \
		"Compare LongLoRA and LongRoPE: how does each of them extend the context window?" > build/answer.svg
	@mv build/answer.svg docs/images/answer.svg

format: .venv/dev
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

wheel: .venv/dev
	@$(BIN)/python -m build --no-isolation

# The wheel in an empty environment outside the checkout: the demo, and a question through the Python API.
wheel-check: wheel
	@place=$$(mktemp -d) && trap 'rm -rf "$$place"' EXIT && cp dist/*.whl constraints.txt "$$place" && cd "$$place" && \
	$(PYTHON) -m venv venv && venv/bin/python -m pip --disable-pip-version-check install --quiet -c constraints.txt *.whl && \
	export XDG_DATA_HOME="$$place/data" XDG_CACHE_HOME="$$place/cache" && venv/bin/rag-assistant demo && \
	venv/bin/python -c 'from rag_assistant import Assistant; \
	answer = Assistant.open().ask("How long a context window does LongRoPE reach?", mode="extractive"); \
	print(answer.text); assert "2048k" in answer.text'

clean:
	rm -rf .venv build dist site .mypy_cache .ruff_cache .pytest_cache .hypothesis
