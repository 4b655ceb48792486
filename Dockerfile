# sitec, and the Rust that it builds sites with:
#
#     docker build -t sitec .
#     docker run --rm -u "$(id -u):$(id -g)" -v "$PWD:/site" sitec check
#     docker run --rm -u "$(id -u):$(id -g)" -v "$PWD:/site" sitec package
#
# It is for building. What a site is deployed as is made by `sitec package`, and has no Rust in it.
ARG BASE=rust:1-slim-trixie

FROM ${BASE} AS build
WORKDIR /src
COPY . .
RUN cargo build --release --locked -p sitec

FROM ${BASE}
RUN apt-get update \
    && apt-get install -y --no-install-recommends musl-tools \
    && rm -rf /var/lib/apt/lists/* \
    && rustup target add "$(uname -m)-unknown-linux-musl"
COPY --from=build /src/target/release/sitec /usr/local/bin/sitec
# The runtime is compiled and what it depends on is downloaded now, and not for each site. Whoever runs
# the image may build.
ENV SITEC_HOME=/var/cache/sitec
RUN sitec new /tmp/site \
    && sitec build /tmp/site -o /tmp/serve \
    && sitec build /tmp/site -o /tmp/serve --target "$(uname -m)-unknown-linux-musl" \
    && rm -r /tmp/site /tmp/serve "$SITEC_HOME"/*/sites \
    && chmod -R a+rwX "$SITEC_HOME" "$CARGO_HOME"
WORKDIR /site
ENTRYPOINT ["sitec"]
CMD ["--help"]
