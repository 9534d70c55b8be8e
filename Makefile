# Two commands do everything: make demo, make test. Both install what is missing.
.PHONY: demo test check bench prerequisites

demo: prerequisites
	cargo run --locked --quiet -- demo

test: prerequisites
	cargo test --locked

check: prerequisites
	deploy/prerequisites --check
	cargo deny --config .deny.toml check bans licenses sources
	cargo fmt --check
	cargo clippy --locked --all-targets -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --locked --no-deps --document-private-items

bench: prerequisites
	cargo bench --locked --bench journey
	cargo run --locked --release --quiet -- bench

prerequisites:
	@deploy/prerequisites
