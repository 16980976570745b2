#!/usr/bin/env python3
"""signet before programs that others made and that ask it what they ask of Kubernetes or of an authorizer.

    peers_test.py envoy_checks.Checks        # only these
"""
import unittest

import envoy_checks
import kube_apiserver
import kubernetes_cluster
import kubernetes_signing
import kubernetes_webhook
import program
import vault_logins
from program import clients


def load_tests(loader, _tests, _pattern):
    return unittest.TestSuite(map(loader.loadTestsFromModule, (
        envoy_checks, kubernetes_cluster, kubernetes_signing, kubernetes_webhook, vault_logins)))


if __name__ == "__main__":
    # Before anything runs, so that what is missing leaves out everything.
    clients.program("etcd")
    program.build("kubernetes", kube_apiserver.COMMAND)
    for folder in ("kubernetes", "vault", "envoy"):
        program.build(folder)
    unittest.main(verbosity=2)
