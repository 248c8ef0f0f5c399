"""Bitstream version 2: the pipeline of version 1 grown up, in compiled Python.

To read it in the order of the bitstream, as a decoder does:

1. ``codec`` joins all parts; ``header`` and ``slice_table`` are what comes before the samples;
   a volume's slices go along the tree of ``slice_order`` (``volume_coder``, or ``volume_reader``
   for single ones), and ``one_slice`` sends each to its coder, with its ``references``, but for
   what is no measurement: ``pixel_padding``, by its ``padding_mask``; a large image goes there in
   ``stripes`` (``stripe_coder``), by several ``threads``;
2. ``slice_coder`` decodes one slice: first ``regions``, which parts take a finer step;
3. ``block_coder`` goes through the CTUs and their blocks, in the order of ``partition`` and
   ``rectangles``; ``block_syntax`` reads what was decided about a block, ``motion_syntax`` whether
   it comes from other slices of a volume, ``residual_syntax`` its levels in the order of ``scan``,
   ``sign_prediction`` their signs;
4. both ask ``mixing`` for the next binary decision, in the contexts that ``contexts`` lists, from
   a ``learned_start``; below it is ``arithmetic_coder``;
5. the block's samples: ``prediction`` from its neighbours or ``motion`` from other slices
   (``padding``), plus ``quantizer`` and ``transform``, by ``reconstruction``;
6. the whole slice: ``deblocking``, then ``wiener``, whose taps ``filter_syntax`` reads.

What is handed around stands in ``parameters`` and ``planes``. ``bounded`` is another coder, for
promised errors and lossless coding; ``search`` is what only the encoder needs.

Functions marked as ``kernel`` are compiled when they first run, and kept: ``kernel``, then
``kernel_parts``, ``type_memory``, ``records``, ``pieces``, ``kernel_cache``, ``kernel_folder``,
``compilation``, ``process_lock``.
"""
