# SPDX-License-Identifier: GPL-2.0-only
"""What the bench has measured: read, summed up, shown."""
