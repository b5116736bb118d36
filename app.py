"""Start the Streamlit app; nothing else."""

from housing_map.app.main import main

# A long run starts a process that reads this file again, under another name.
if __name__ == "__main__":
    main()
