/^config KDDM_BENCH/,/^config GCOV/{/^config GCOV/!d}
