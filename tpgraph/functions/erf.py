"""The error function for generated code, which has numpy alone and numpy has no erf.

The Chebyshev coefficients of log(erfc(a)/t) + a², t = 2/(2 + a), were computed with 50 digits from
mpmath's erfc at 80 Chebyshev nodes and cut where they fall below 3e-17; the tests compare the
result with math.erf.
"""

__all__ = ["ERF_HELPER"]

ERF_HELPER = '''
_ERF_FAR = np.array([
    -0.6513268598908547, 0.6419697923564902, 0.019476473204185836, -0.009561514786808632,
    -0.0009465953444820369, 0.00036683949785276145, 4.252332480690777e-05,
    -2.0278578112534242e-05, -1.6242900046470256e-06, 1.3036558355805232e-06,
    1.5626441722066142e-08, -8.523809591492654e-08, 6.5290544390988515e-09,
    5.059343495551469e-09, -9.91364156493033e-10, -2.273651222931836e-10,
    9.646791102015527e-11, 2.3940380830391146e-12, -6.886027526497553e-12,
    8.944879273090725e-13, 3.130921399342958e-13, -1.1270822361367252e-13,
    3.810905255189232e-16, 7.106097613609237e-15, -1.5230282014571043e-15,
    -9.457494571291233e-17, 1.210237189224279e-16,
])
_ERF_NEAR = np.array([
    1.1283791670955126, -0.37612638903183754, 0.11283791670955126, -0.026866170645131252,
    0.005223977625442188, -0.0008548327023450853, 0.00012055332981789664,
    -1.492565035840625e-05, 1.6462114365889248e-06, -1.6365844691234924e-07,
    1.4807192815879218e-08, -1.2290555301717928e-09, 9.422759064650411e-11,
])


def erf(z):
    """(2/√π) ∫₀^z exp(−t²) dt, within 4e-16 of the exact value, in the precision of z.

    For |z| ≥ 1/2: 1 − t exp(−z² + Σ c_k T_k(2t − 1)) with t = 2/(2 + |z|); below, Taylor's series.
    """
    a = np.minimum(np.abs(np.asarray(z, dtype=float)), 30.0)
    t = 2.0 / (2.0 + a)
    far = 1.0 - t * np.exp(np.polynomial.chebyshev.chebval(2.0 * t - 1.0, _ERF_FAR) - a * a)
    small = np.minimum(a, 0.5)
    near = small * np.polynomial.polynomial.polyval(small * small, _ERF_NEAR)
    precision = np.result_type(np.asarray(z).dtype, np.float32)
    return (np.sign(z) * np.where(a < 0.5, near, far)).astype(precision)
'''
"""Source text that defines `erf(z)` with numpy (imported as np)."""
