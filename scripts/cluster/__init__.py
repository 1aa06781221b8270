# SPDX-License-Identifier: GPL-2.0-only
"""Clusters of machines or of network namespaces, for the demo and the tests."""
