# Two commands do everything: make demo, make test. Both install what is missing.
.PHONY: demo test check bench fuzz fuzz-c14n soak prerequisites

demo: prerequisites
	cargo run --locked --quiet -- demo

test: prerequisites
	cargo test --locked

check: prerequisites
	deploy/prerequisites --check
	cargo deny --config .deny.toml check bans licenses sources
	cargo fmt --check
	cargo clippy --locked --all-targets -- -D warnings
	cargo check --locked --package stazh-fuzz
	RUSTDOCFLAGS="-D warnings" cargo doc --locked --no-deps --document-private-items

bench: prerequisites
	deploy/prerequisites --bench
	cargo bench --locked --bench journey
	cargo run --locked --release --quiet -- bench

# Each target for FUZZ_SECONDS, from the fixtures; the compiler's unstable flags are asked for, no other compiler.
FUZZ_SECONDS ?= 60
FUZZ_TARGETS ?= canonicalize certificate document envelope hr_xml jobs local package seal third_party time_stamp
fuzz: prerequisites
	deploy/prerequisites --fuzz
	for target in $(FUZZ_TARGETS); do \
	  mkdir -p fuzz/corpus/$$target && \
	  RUSTC_BOOTSTRAP=1 cargo fuzz run --sanitizer none $$target fuzz/corpus/$$target fixtures/case-kz-to-ru \
	    fixtures/documents fixtures/local/ugly -- -max_total_time=$(FUZZ_SECONDS) -max_len=20000 -timeout=10 || exit 1; \
	done

# Our canonical form against that of libxml2, ten minutes without a difference.
fuzz-c14n:
	$(MAKE) fuzz FUZZ_TARGETS=canonicalize FUZZ_SECONDS=600

# On each database so many conversations of every pattern, while nodes are killed over and over.
SOAK_CONVERSATIONS ?= 10000
soak: prerequisites
	SOAK_CONVERSATIONS=$(SOAK_CONVERSATIONS) cargo test --locked --release --test it soak:: -- \
	  --ignored --nocapture --test-threads=1

prerequisites:
	@deploy/prerequisites
