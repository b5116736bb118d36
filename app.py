"""Start the Streamlit app; nothing else."""

from housing_map.app.main import main

main()
