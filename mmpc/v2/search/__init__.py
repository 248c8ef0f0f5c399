"""What only an encoder needs: the search for the partition, modes, levels and filter taps.

Read ``quadtree``, ``rectangles``, ``leaf``, ``mode_ranking`` with ``satd``, ``trellis`` with
``costs``, then ``wiener_design``; what they remember stands in ``memory`` and ``kept``.
"""
