#!/bin/sh
# Run in place of the compiler, if cargo reads the configuration beside it.
echo "a wrapper was here" > /tmp/hostile-trace
exec "$@"
