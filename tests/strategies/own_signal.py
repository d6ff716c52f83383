"""A DCA whose deals start on its author's own flags."""

import numpy as np

from strategies.dca import Dca


class OnThirdCandle(Dca):
    """Open a deal at the close of the third candle."""

    def indicators(self, candles):
        return super().indicators(candles) | {"start": np.arange(len(candles))[:, None] + 0 * candles.close == 2}

    def warmup(self):
        return 0
