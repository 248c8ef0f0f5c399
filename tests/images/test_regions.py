import numpy as np
import pytest

from mmpc.errors import UnreadableFileError
from mmpc.images.image import Image
from mmpc.images.regions import body_mask, find_regions, read_mask, skull_interior_mask
from mmpc.images.samples import sample


def disk(radius, size=200):
    y, x = np.ogrid[:size, :size]
    return (y - size // 2) ** 2 + (x - size // 2) ** 2 <= radius**2


@pytest.fixture
def head():
    """A head of circles in HU: skin at 90, skull from 80 to 70 with a gap, a table below."""
    hounsfield = np.full((200, 200), -1000.0)
    hounsfield[disk(90)] = 30
    hounsfield[disk(80)] = 1000
    hounsfield[disk(70)] = 35
    hounsfield[100:105, 160:190] = 40  # a suture, five pixels wide
    hounsfield[196:198] = 200
    return hounsfield


def test_phantom(head):
    assert body_mask(head).sum() == pytest.approx(disk(90).sum(), rel=0.01)
    interior = skull_interior_mask(head)
    assert interior.sum() == pytest.approx(disk(70).sum(), rel=0.01)
    # A disk of radius 4 dips less than 2 pixels into a gap of 5.
    assert not (interior & ~disk(72)).any()


def test_no_head_no_interior(head):
    head[head > 500] = 50
    assert skull_interior_mask(head) is None
    assert body_mask(np.full((50, 50), -1000.0)) is None


def test_real_head_and_abdomen():
    regions = find_regions(sample("head_ct"))
    head, brain = regions["body"], regions["skull_interior"]
    assert 0.5 < brain.sum() / head.sum() < 0.8
    assert not (brain & ~head).any()
    hounsfield = sample("head_ct").hounsfield()
    assert 0 < np.median(hounsfield[brain]) < 60  # brain, not bone, not air
    assert set(find_regions(sample("abdomen_ct"))) == {"body"}
    assert find_regions(sample("abdomen_mr")) == {}


def test_a_mask_replaces_what_is_found(tmp_path):
    mask = np.zeros((512, 512), np.uint8)
    mask[100:200, 100:300] = 255
    np.save(tmp_path / "mask.npy", mask)
    read = read_mask(tmp_path / "mask.npy")
    regions = find_regions(sample("head_ct"), read)
    assert set(regions) == {"mask"} and regions["mask"].sum() == 20000
    small = Image(np.zeros((8, 9), np.uint8), bits_stored=8, source_name="small.png")
    with pytest.raises(UnreadableFileError, match=r"512 x 512 pixels and small\.png has 8 x 9"):
        find_regions(small, read)
    np.save(tmp_path / "empty.npy", np.zeros((4, 4), np.uint8))
    with pytest.raises(UnreadableFileError, match="empty"):
        read_mask(tmp_path / "empty.npy")
