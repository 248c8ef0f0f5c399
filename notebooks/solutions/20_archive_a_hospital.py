# %% [markdown]
# # Solutions of lesson 20
#
# **1.** With a few cores the disk sleeps: its speed doubles and nothing happens.

# %% tags=["exercise-1"]
def my_slices_per_second(cores, disk_mb_per_second):
    """Return the throughput of the slower of the two."""
    bytes_moved = SLICE_BYTES * (1 + 2 / ratios["lossless"])
    return min(cores / seconds["lossless"], 1e6 * disk_mb_per_second / bytes_moved)


# %% [markdown]
# **2.** Where the cores begin to wait for a disk of 150 MB a second.

# %% tags=["exercise-2"]
cores_for_the_disk = next(
    n for n in range(1, 10_000) if my_slices_per_second(n, 300) > my_slices_per_second(n, 150)
)

# %% [markdown]
# **3.** Each file's row names its stream; three rows name the same.


# %% tags=["exercise-3"]
def my_check(folder):
    """Return a sorted list of names such as '001/series_1.mmpc'."""
    import hashlib

    with open(folder / "manifest.csv", encoding="utf-8", newline="") as lines:
        wanted = {row["stream"]: row["stream_sha256"] for row in csv.DictReader(lines)}

    def digest(path):
        return hashlib.sha256(path.read_bytes()).hexdigest() if path.exists() else None

    return sorted(name for name, is_right in wanted.items() if digest(folder / name) != is_right)
