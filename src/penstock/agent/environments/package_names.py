"""What a conda package is called on PyPI, and which have no counterpart there.

Names are in lower case with hyphens. Those equal on both sides, by far the most, are not listed.
"""

from __future__ import annotations

ON_PYPI = {
    "antlr-python-runtime": "antlr4-python3-runtime",
    "brotli-python": "brotli",
    "dask-core": "dask",
    "docker-py": "docker",
    "faiss": "faiss-cpu",
    "keras-gpu": "keras",
    "matplotlib-base": "matplotlib",
    "msgpack-python": "msgpack",
    "opencv": "opencv-python-headless",
    "psycopg2": "psycopg2-binary",
    "py-opencv": "opencv-python-headless",
    "py-xgboost": "xgboost",
    "py-xgboost-cpu": "xgboost",
    "py-xgboost-gpu": "xgboost",
    "pyarrow-core": "pyarrow",
    "pyqt": "pyqt5",
    "pytables": "tables",
    "python-annoy": "annoy",
    "python-blosc": "blosc",
    "python-duckdb": "duckdb",
    "python-flatbuffers": "flatbuffers",
    "python-graphviz": "graphviz",
    "python-kaleido": "kaleido",
    "python-lmdb": "lmdb",
    "python-xxhash": "xxhash",
    "pytorch": "torch",
    "pytorch-cpu": "torch",
    "pytorch-gpu": "torch",
    "ray-core": "ray",
    "ray-default": "ray[default]",
    "ray-tune": "ray[tune]",
    "ruamel-yaml": "ruamel.yaml",
    "ruamel-yaml-clib": "ruamel.yaml.clib",
    "seaborn-base": "seaborn",
    "tensorflow-gpu": "tensorflow",
    "uvicorn-standard": "uvicorn[standard]",
}
"""Conda name -> PyPI name, where they differ (conda-forge and the defaults channel)."""

_WHEEL_PARTS = """
    -libgcc-mutex -openmp-mutex -py-xgboost-mutex -r-mutex aom arrow-cpp attr blas blas-devel
    bzip2 c-ares ca-certificates cairo cpuonly cuda cuda-cudart cuda-nvrtc cuda-nvtx cuda-runtime
    cuda-toolkit cudatoolkit cudnn expat font-ttf-dejavu-sans-mono fontconfig freetype fribidi
    gettext giflib glib glog gmp gnutls harfbuzz hdf5 icc-rt icu intel-openmp jpeg keyutils krb5
    lame lcms2 ld-impl-linux-64 lerc libblas libcblas libcurl libdeflate libedit libev libevent
    libfaiss libffi libgcc libgcc-ng libgfortran libgfortran-ng libgfortran4 libgfortran5 libglib
    libgomp libiconv libidn2 liblapack liblapacke libnghttp2 libnsl libopenblas libopencv libpng
    libpq libprotobuf libsodium libsqlite libssh2 libstdcxx libstdcxx-ng libtasn1 libthrift
    libtiff libunistring libuuid libuv libvpx libwebp libwebp-base libxcb libxcrypt libxgboost
    libxml2 libxslt libzlib llvm-openmp lz4-c mkl mkl-devel mkl-fft mkl-include mkl-random
    mkl-service nccl ncurses nettle nomkl openblas openh264 openjpeg openssl orc pcre pcre2 pixman
    pthread-stubs python-abi pytorch-cuda pytorch-mutex re2 readline sleef snappy sqlite tbb tk
    unixodbc utf8proc vc vs2015-runtime x264 xz yaml zeromq zlib zstd
"""
IN_WHEELS = frozenset(_WHEEL_PARTS.split())
"""Libraries and switches that PyPI's wheels bring along, so that nothing has to be installed."""

TOOLS = {
    "bash": "bash",
    "cmdstan": "stanc",
    "coreutils": "env",
    "curl": "curl",
    "ffmpeg": "ffmpeg",
    "gcc": "gcc",
    "gcc-linux-64": "gcc",
    "gfortran": "gfortran",
    "git": "git",
    "git-lfs": "git-lfs",
    "go": "go",
    "graphviz": "dot",
    "gxx": "g++",
    "gxx-linux-64": "g++",
    "imagemagick": "magick",
    "jq": "jq",
    "julia": "julia",
    "make": "make",
    "maven": "mvn",
    "mpich": "mpirun",
    "nodejs": "node",
    "openjdk": "java",
    "openmpi": "mpirun",
    "pandoc": "pandoc",
    "perl": "perl",
    "poppler": "pdftotext",
    "postgresql": "psql",
    "r": "Rscript",
    "r-base": "Rscript",
    "redis-server": "redis-server",
    "rust": "cargo",
    "tesseract": "tesseract",
    "unzip": "unzip",
    "wget": "wget",
    "wkhtmltopdf": "wkhtmltopdf",
    "zip": "zip",
}
"""Conda packages that are programs, and the program to look for on this machine's PATH."""


def is_conda_only(name: str) -> bool:
    """Whether only conda has it: R packages, and toolchains for building conda packages."""
    return name.startswith(("r-", "bioconductor-", "sysroot-", "binutils", "m2w64-", "compilers"))
